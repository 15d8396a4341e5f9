// A command as a person may safely look at it: nothing in it can move the cursor, hide text or turn its direction. Pure.

/** Whatever has no shape of its own: controls, formatting, lone surrogates, fillers, and blanks that are not the space. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u{2800}]|[^\P{Zs} ]/gu;

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
