// Files as lines, quickly and with little memory: an audit may have millions. Entered by the verification. Reads only.
import { createReadStream } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';
import { OperatorError } from '../report-to-operator.ts';

const pieceBytes = 1024 * 1024;
const lineCharsMax = 64 * 1024 * 1024;

/** `take` returns false when it has seen enough; then this does too. */
export async function readLines(file: string, take: (line: string) => boolean): Promise<boolean> {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  try {
    for await (const piece of createReadStream(file, { highWaterMark: pieceBytes })) {
      const text = rest + decoder.write(piece as Buffer);
      let from = 0;
      for (let to = text.indexOf('\n'); to !== -1; to = text.indexOf('\n', from)) {
        if (!take(text.slice(from, to))) return false;
        from = to + 1;
      }
      rest = text.slice(from);
      if (rest.length > lineCharsMax) throw new OperatorError(`${file} has a line that no export has. Is it one?`);
    }
  } catch (cause) {
    if (cause instanceof OperatorError) throw cause;
    throw new OperatorError(`${file} can't be read (${(cause as NodeJS.ErrnoException).code}).`, { cause });
  }
  rest += decoder.end();
  return rest === '' || take(rest);
}
