// The one kind of filter that directories need: an attribute is a value. Pure.
import { SenaError } from '@sena/contracts/errors';

/** null: there is none. Throws `validation_failed`. */
export function readFilter<A extends string>(
  filter: string | undefined,
  attributes: readonly A[],
): { attribute: A; value: string } | null {
  if (filter === undefined || filter.trim() === '') return null;
  const [, named = '', quoted = '""'] = /^\s*([A-Za-z]+)\s+eq\s+("(?:[^"\\]|\\.)*")\s*$/i.exec(filter) ?? [];
  const attribute = attributes.find((known) => known.toLowerCase() === named.toLowerCase());
  if (attribute === undefined) throw refused(`is taken as: ${attributes.map((known) => `${known} eq "…"`).join(', ')}`);
  const value = unquote(quoted);
  // PostgreSQL stores neither, so nothing has it.
  if (value.includes('\0') || !value.isWellFormed()) throw refused('holds a NUL character or half a surrogate pair');
  return { attribute, value };
}

function unquote(quoted: string): string {
  try {
    return JSON.parse(quoted) as string;
  } catch (cause) {
    throw refused('has a text that can not be read', cause);
  }
}

function refused(message: string, cause?: unknown): SenaError {
  return new SenaError('validation_failed', `The filter ${message}.`, { fields: [{ path: 'filter', message }], cause });
}
