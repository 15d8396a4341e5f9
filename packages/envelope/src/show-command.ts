// A command as a person may safely look at it: nothing in it can move the cursor, hide text, turn its direction or pass for another
// character. What is left as it is: printable ASCII, line ends, and the accented Latin letters of Latin-1. Pure.

/** × ÷ and everything beyond are escapes: Cyrillic а, Greek ο, a long dash, a full-width slash look like what a shell reads. */
const notPlain = /[^\n\x20-\x7e\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u00ff]/gu;

export interface ShownText {
  readonly text: string;
  /** Where an escape stands in `text` (UTF-16 offsets): a `\u{…}` outside of these is text that the command itself holds. */
  readonly escapes: ReadonlyArray<{ readonly start: number; readonly end: number }>;
}

export function showCommand(command: string): ShownText {
  let text = '';
  let at = 0;
  const escapes: Array<{ start: number; end: number }> = [];
  for (const match of command.matchAll(notPlain)) {
    text += command.slice(at, match.index);
    const start = text.length;
    text += escapeOf(match[0]);
    escapes.push({ start, end: text.length });
    at = match.index + match[0].length;
  }
  return { text: text + command.slice(at), escapes };
}

function escapeOf(character: string): string {
  switch (character) {
    case '\t':
      return '\\t';
    case '\r':
      return '\\r';
    default:
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
  }
}
