// A command as an approver must see it: nothing in it can hide. Pure.

/** Control, format and bidirectional characters and other blanks than space and newline are written out: `\u{202e}`. */
export function showEscapes(text: string): string {
  return text.replace(/[^\P{C}\n]|[^\P{Z} ]/gu, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}
