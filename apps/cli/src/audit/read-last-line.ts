// The last line of a file, whatever its length is: entered by the export, which goes on behind it. Reads its end only.
import { open } from 'node:fs/promises';
import { OperatorError } from '../report-to-operator.ts';

/** No line of an export's end is longer. */
const endBytesMax = 4_096;

/** Empty where there is none, or the file ends in the middle of one. */
export async function readLastLine(file: string): Promise<string> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(file, 'r');
  } catch (cause) {
    throw new OperatorError(`${file} can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
  try {
    const { size } = await handle.stat();
    const length = Math.min(size, endBytesMax);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    const lines = buffer.toString('utf8').split('\n');
    return lines.at(-1) === '' ? (lines.at(-2) ?? '') : '';
  } finally {
    await handle.close();
  }
}
