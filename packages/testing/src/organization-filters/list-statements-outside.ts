// For the check of what row-level security does not stand behind: every statement that is asked where no organization is set, out of the source
// that a service is made of. Reads files only.
import { lineOf, readSourcesOf, withoutComments } from './read-sources.ts';

export interface StatementOutside {
  readonly file: string;
  readonly line: number;
  /** The statement, or how it is asked where that can't be read here. */
  readonly text: string;
}

/** What is asked on a pool itself, or in a transaction that is of no organization. */
export function listStatementsOutside(entry: string): StatementOutside[] {
  return readSourcesOf(entry).flatMap(({ file, text }) => {
    const source = withoutComments(text);
    const asked = source.matchAll(
      /[pP]ool\.query(?:<[^`'()]*?>)?\(\s*(?:`([^`]*)`|'([^'\n]*)'|\w)|(?:[pP]ool\.connect|\binIdentity(?:<[^()]*>)?)\((?!pool: )/g,
    );
    return [...asked].map((found) => ({
      file,
      line: lineOf(source, found.index),
      text: found[1] ?? found[2] ?? found[0],
    }));
  });
}
