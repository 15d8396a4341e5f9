// Entered first, before anything is parsed: characters that a person or a shell may read as something else.
import { type Finding, notUnderstood } from '../explain/finding.ts';
import { showText } from './show-text.ts';

/** UTF-16 units. Longer text is not judged; contracts refuse it anyway. */
export const commandLengthMax = 16_384;

// Invisible, direction-changing and separating characters: refused even in quotes.
const deceptive = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?! )\p{Zs}|\p{Default_Ignorable_Code_Point}/u;

/** Findings about the characters alone. Non-ASCII outside quotes is found later, by the lexer, which knows quotes. */
export function checkText(text: string): Finding[] {
  if (text.length > commandLengthMax) {
    return [unknownAt(0, text.length, `it is longer than ${commandLengthMax} characters`)];
  }
  if (text.trim() === '') return [unknownAt(0, text.length, 'there is no command')];
  let offset = 0;
  for (const character of text) {
    if (character !== '\n' && character !== '\t' && deceptive.test(character)) {
      return [
        unknownAt(
          offset,
          offset + character.length,
          `it holds the control or invisible character ${showText(character)}`,
        ),
      ];
    }
    offset += character.length;
  }
  return [];
}

function unknownAt(start: number, end: number, detail: string): Finding {
  return { kind: 'unknown', start, end, detail, call: notUnderstood };
}
