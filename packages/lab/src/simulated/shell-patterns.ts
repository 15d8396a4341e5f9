// The shell's patterns (`*`, `?`, `[…]`) as regular expressions. Pure.

/** `text` with quoted characters escaped by a backslash. */
export function patternToRegExp(text: string, isWhole = true): RegExp {
  let source = '';
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? '';
    const bracket = character === '[' ? /^\[(!?)([^\]]+)\]/.exec(text.slice(at)) : null;
    if (character === '\\') {
      at += 1;
      source += escapeRegExp(text[at] ?? '');
    } else if (bracket) {
      source += `[${bracket[1] ? '^' : ''}${(bracket[2] ?? '').replaceAll('\\', '\\\\')}]`;
      at += bracket[0].length - 1;
    } else if (character === '*') source += '[^]*';
    else if (character === '?') source += '[^]';
    else source += escapeRegExp(character);
  }
  return new RegExp(isWhole ? `^(?:${source})$` : `^(?:${source})`);
}

export function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, '\\$&');
}
