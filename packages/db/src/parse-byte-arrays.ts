// How `bytea[]`, nested or not, is read from PostgreSQL's text form. The parser that comes with pg goes through it character by
// character: of the checkpoints of a large run that is seconds. Pure.

/** Buffers, nulls and arrays of them, as they are nested. Throws for anything but hexadecimal bytea. */
export type ByteArray = Array<Buffer | null | ByteArray>;

export function parseByteArrays(text: string): ByteArray {
  // `[2:3]={…}`: bounds that do not begin with 1 come first; nobody asks for them.
  let at = text.indexOf('{');

  function readArray(): ByteArray {
    const values: ByteArray = [];
    at += 1;
    for (;;) {
      const next = text[at];
      if (next === '}') {
        at += 1;
        return values;
      }
      if (next === ',') at += 1;
      else if (next === '{') values.push(readArray());
      else if (text.startsWith('NULL', at)) {
        values.push(null);
        at += 4;
      } else values.push(readBytes());
    }
  }

  function readBytes(): Buffer {
    const end = text.indexOf('"', at + 1);
    if (!text.startsWith('"\\\\x', at) || end === -1) throw new Error('PostgreSQL sent something else than bytea[].');
    const hex = text.slice(at + 4, end);
    at = end + 1;
    return Buffer.from(hex, 'hex');
  }

  if (at === -1) throw new Error('PostgreSQL sent something else than an array.');
  return readArray();
}
