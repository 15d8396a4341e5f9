// A command as a person may safely look at it: nothing in it can move the cursor, hide text or turn its direction. Pure.

/** C0 and C1 controls but line feed, and everything that Unicode calls invisible or directional formatting. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu;

export function showCommand(command: string): string {
  return command.replaceAll(unseen, (character) => {
    switch (character) {
      case '\n':
        return '\n';
      case '\t':
        return '\\t';
      case '\r':
        return '\\r';
      default:
        return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
    }
  });
}
