// RFC 9110 ranges of one stream. Pure.

/** `end` is exclusive. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** null: there is no range, or one that servers may ignore (another unit, several at once): send everything. */
export function parseRange(header: string | undefined, totalBytes: number): ByteRange | null | 'unsatisfiable' {
  const match = /^\s*bytes\s*=\s*(\d{0,15})-(\d{0,15})\s*$/i.exec(header ?? '');
  if (match === null) return null;
  const [, first = '', last = ''] = match;
  if (first === '' && last === '') return null;
  if (first === '') {
    const suffixBytes = Number(last);
    if (suffixBytes === 0 || totalBytes === 0) return 'unsatisfiable';
    return { start: Math.max(0, totalBytes - suffixBytes), end: totalBytes };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) return null;
  if (start >= totalBytes) return 'unsatisfiable';
  return { start, end: last === '' ? totalBytes : Math.min(Number(last) + 1, totalBytes) };
}
