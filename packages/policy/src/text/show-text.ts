// Entered wherever a sentence quotes the command: what could deceive a reader is shown as an escape.

const shownMax = 60;

/** The text in backquotes, on one line, printable ASCII only, cut at 60 characters. */
export function showText(text: string): string {
  const cut = text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
  let shown = '';
  for (const character of cut) {
    const code = character.codePointAt(0) ?? 0;
    if (character === '\n') shown += '\\n';
    else if (character === '\t') shown += '\\t';
    else if (character === '…' || (code >= 0x20 && code < 0x7f)) shown += character;
    else shown += `\\u{${code.toString(16)}}`;
  }
  return `\`${shown}\``;
}
