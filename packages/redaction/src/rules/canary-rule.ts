// Entered with the texts that a satellite's owner has listed: each is found as it is, and where it stands in base64. Pure.
import type { Place, Rule } from './rule.ts';

/** Less is found everywhere. */
export const canaryLengthMin = 8;

export function createCanaryRule(canaries: readonly string[]): Rule | null {
  const forms = [...new Set(canaries.flatMap(formsOf))];
  if (forms.length === 0) return null;
  return {
    name: 'canary',
    hints: forms,
    find: (line) => forms.flatMap((form) => occurrences(line, form)),
  };
}

/** What can be looked for: printable ASCII in one line. */
export const canaryPattern = new RegExp(`^[\\x20-\\x7e]{${canaryLengthMin},512}$`);

function formsOf(canary: string): string[] {
  if (!canaryPattern.test(canary)) {
    throw new Error(
      `a canary is ${canaryLengthMin} to 512 characters of printable ASCII: list an unmistakable part of this one`,
    );
  }
  const bytes = Buffer.from(canary, 'latin1');
  return [canary, ...[0, 1, 2].map((shift) => encodedWithin(bytes, shift))];
}

/** What its base64 has in common whatever stands before and after it. */
function encodedWithin(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replaceAll('=', '');
  const first = shift === 0 ? 0 : shift + 1;
  const isWhole = (shift + bytes.length) % 3 === 0;
  return text.slice(first, isWhole ? undefined : -1);
}

function occurrences(line: string, form: string): Place[] {
  const places: Place[] = [];
  for (let at = line.indexOf(form); at >= 0; at = line.indexOf(form, at + 1)) places.push([at, at + form.length]);
  return places;
}
