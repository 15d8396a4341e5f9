// Entered by redact-stream for each line from the first that begins a private key: which part of it is the key. The only thing that goes
// over several lines, so it keeps state. Pure.
import type { Place } from './rules/rule.ts';
import { withoutEnd } from './rules/without-end.ts';

const begins = /-----BEGIN(?: [A-Z0-9]{1,20}){0,2} PRIVATE KEY(?: BLOCK)?-----/;
const ends = /-----END(?: [A-Z0-9]{1,20}){0,2} PRIVATE KEY(?: BLOCK)?-----/;
/** Headers of PEM and of PGP. They say how the key is encrypted, and the key follows. */
const header = /(?:Proc-Type|DEK-Info|Version|Comment|Hash|Charset): /;
/** No key has more. What never ends is no key. */
const linesMax = 2_000;

export type KeyLines = {
  isWithin(): boolean;
  /** `line`: without its line end. Null: nothing in it is part of a key. */
  read(line: string): Place | null;
  /** What comes now is no line of it. */
  leave(): void;
};

export function createKeyLines(): KeyLines {
  let linesLeft = 0;
  return {
    isWithin: () => linesLeft > 0,
    leave() {
      linesLeft = 0;
    },
    read(line) {
      const begun = begins.exec(line);
      if (begun !== null) {
        // One that ends in the same line is found by the rule for lines.
        linesLeft = ends.test(line.slice(begun.index)) ? 0 : linesMax;
        return null;
      }
      if (linesLeft === 0) return null;
      linesLeft -= 1;
      if (ends.test(line)) {
        linesLeft = 0;
        return null;
      }
      const place = keyPart(line);
      if (place === null && line.trim() !== '' && !header.test(line)) linesLeft = 0;
      return place;
    },
  };
}

/** All of a line that is base64, or the end of one that something has put a number, a name or a time before. */
function keyPart(line: string): Place | null {
  const trimmed = withoutEnd(line, '\\"\', \t\r');
  const text = trimmed.length < line.length && trimmed.endsWith('\\n') ? trimmed.slice(0, -2) : trimmed;
  let start = withoutEnd(text, '=').length;
  while (start > 0 && /[A-Za-z0-9+/]/.test(text.charAt(start - 1))) start -= 1;
  if (start === text.length) return null;
  const before = text.slice(0, start);
  const isAlone = withoutEnd(before, ' \t>|#=+"\'-') === '';
  if (!isAlone && !(text.length - start >= 16 && /[\s:|]$/.test(before))) return null;
  return [start, text.length];
}
