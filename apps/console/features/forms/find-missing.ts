// What a form's fields lack before it is sent, by field, in words. Pure; the API decides about the rest.

export type FieldProblems = Readonly<Partial<Record<string, string>>>;

/** `text`: a field as it was written. `sentences`: what to say of one that is empty. */
export function findMissing(
  text: (name: string) => string,
  sentences: Readonly<Record<string, string>>,
): FieldProblems {
  return Object.fromEntries(Object.entries(sentences).filter(([name]) => text(name) === ''));
}
