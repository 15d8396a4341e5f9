// Whether a limit is one, before it is sent. Pure.

const limitMax = 100_000;

/** `text`: as it was written, without blanks around it. null: it is one, or empty for none. */
export function findLimitProblem(text: string): string | null {
  if (text === '' || (/^\d{1,6}$/.test(text) && Number(text) >= 1 && Number(text) <= limitMax)) return null;
  return 'A limit is a whole number from 1 to 100000. Leave it empty for none.';
}
