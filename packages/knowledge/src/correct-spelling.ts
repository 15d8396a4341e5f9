// Entered with the words of a question; leaves with those that are a runbook's word but for one slip of the finger put right. Pure.
import { knownWords } from './known-words.ts';

const lettersMin = 4;
/** A wrong letter in a shorter word makes another word: posts, ports. */
const wrongLetterMin = 7;

export function correctSpelling(words: readonly string[]): string[] {
  return [...new Set(words.map((word) => corrected(word) ?? word))];
}

/** null: it is known, or no single known word is meant. */
function corrected(word: string): string | null {
  if (word.length < lettersMin || !/^[a-z]+$/.test(word) || knownWords.has(word)) return null;
  const near = [...knownWords].filter(
    (known) => known.length >= lettersMin && known[0] === word[0] && isOneSlipApart(word, known),
  );
  // disk and disks are one meaning.
  const stems = new Set(near.map((known) => known.replace(/s$/, '')));
  return stems.size === 1 ? (near[0] ?? null) : null;
}

function isOneSlipApart(word: string, known: string): boolean {
  let start = 0;
  while (start < word.length && word[start] === known[start]) start += 1;
  switch (word.length - known.length) {
    case 0: {
      const isSwapped = word[start] === known[start + 1] && word[start + 1] === known[start];
      if (isSwapped) return word.slice(start + 2) === known.slice(start + 2);
      return word.length >= wrongLetterMin && word.slice(start + 1) === known.slice(start + 1);
    }
    case 1:
      return word.length > lettersMin && word.slice(start + 1) === known.slice(start);
    case -1:
      return word.length > lettersMin && word.slice(start) === known.slice(start + 1);
    default:
      return false;
  }
}
