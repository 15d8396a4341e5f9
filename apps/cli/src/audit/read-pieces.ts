// Files in pieces of whole lines, quickly and with little memory: an audit may have millions. Entered by the verification. Reads only.
import { type FileHandle, open } from 'node:fs/promises';
import { OperatorError } from '../report-to-operator.ts';

const pieceBytes = 1024 * 1024;
const lineBytesMax = 64 * 1024 * 1024;

/** Each has memory of its own, so that it can go to another thread. Only the last one may end without a line's end. */
export async function* readPieces(file: string): AsyncGenerator<Buffer> {
  const unreadable = (cause: unknown) =>
    new OperatorError(`${file} can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  const handle: FileHandle = await open(file).catch((cause) => {
    throw unreadable(cause);
  });
  let rest = Buffer.alloc(0);
  try {
    for (;;) {
      const piece = Buffer.allocUnsafeSlow(rest.length + pieceBytes);
      rest.copy(piece);
      const { bytesRead } = await handle.read(piece, rest.length, pieceBytes, null).catch((cause) => {
        throw unreadable(cause);
      });
      const read = piece.subarray(0, rest.length + bytesRead);
      if (bytesRead === 0) {
        if (read.length > 0) yield read;
        return;
      }
      const end = read.lastIndexOf('\n') + 1;
      rest = Buffer.from(read.subarray(end));
      if (rest.length > lineBytesMax) throw new OperatorError(`${file} has a line that no export has. Is it one?`);
      if (end > 0) yield read.subarray(0, end);
    }
  } finally {
    await handle.close();
  }
}
