// Cursors of lists: the sort key of the last row, opaque to callers. Pure.
import { SenaError } from '@sena/contracts/errors';

export function encodeCursor(key: readonly string[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** `length` parts; throws `bad_request` for anything that was not made here. */
export function decodeCursor(cursor: string, length: number): string[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(key) && key.length === length && key.every((part) => typeof part === 'string')) return key;
  } catch (cause) {
    throw new SenaError('bad_request', 'The cursor is not one that a list returned. Start again without a cursor.', {
      cause,
    });
  }
  throw new SenaError('bad_request', 'The cursor is of another list. Start again without a cursor.');
}
