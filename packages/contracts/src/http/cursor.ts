// A list's cursor: the sort key of the last item, made opaque. Entered by whoever reads a page.
// Pure.
import { z } from 'zod';
import { SenaError } from '../errors.ts';

const keySchema = z.array(z.string().max(256)).min(1).max(4);

export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key again, of exactly `length` parts for which `isKey` holds; null for no cursor. Throws `validation_failed` for anything
 * else: a cursor comes from outside, whatever it was when it left.
 */
export function decodeCursor(
  cursor: string | undefined,
  length: number,
  isKey: (key: string[]) => boolean = () => true,
): string[] | null {
  if (cursor === undefined) return null;
  try {
    const key = keySchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    const isText = key.every((part) => part.isWellFormed() && !part.includes('\0'));
    if (key.length === length && isText && isKey(key)) return key;
  } catch (cause) {
    throw unreadable(cause);
  }
  throw unreadable();
}

function unreadable(cause?: unknown): SenaError {
  return new SenaError('validation_failed', 'The cursor is not one that this list gave out. Start again without it.', {
    cause,
    fields: [{ path: 'cursor', message: 'not a cursor of this list' }],
  });
}
