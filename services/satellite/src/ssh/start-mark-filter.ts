// Entered by execute-command for stderr: takes the one line out that says which process the command is, and lets every
// other byte pass as it came. Pure.

/** A login shell's own words may come first; more than this is not waited for. */
const searchBytesMax = 16 * 1024;

export type StartMarkFilter = {
  push(chunk: Buffer): Buffer;
  /** What was still held back when the stream ended. */
  end(): Buffer;
  /** Null until the line has come. */
  processId(): number | null;
  /** What followed the process id in that line. */
  said(): string;
};

const nothing = Buffer.alloc(0);

export function createStartMarkFilter(startMark: string): StartMarkFilter {
  const mark = Buffer.from(startMark, 'latin1');
  let held: Buffer = nothing;
  let isSearching = true;
  let processId: number | null = null;
  let said = '';

  return {
    push(chunk) {
      if (!isSearching) return chunk;
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const start = held.indexOf(mark);
      const end = start === -1 ? -1 : held.indexOf(0x0a, start);
      if (end === -1) {
        if (held.length <= searchBytesMax) return nothing;
        return this.end();
      }
      const line = held
        .subarray(start + mark.length, end)
        .toString('latin1')
        .trim();
      const digits = /^[1-9]\d{0,9}(?=:|$)/.exec(line)?.[0];
      if (digits !== undefined) {
        processId = Number(digits);
        said = line.slice(digits.length);
      }
      const rest =
        start === 0 ? held.subarray(end + 1) : Buffer.concat([held.subarray(0, start), held.subarray(end + 1)]);
      isSearching = false;
      held = nothing;
      return rest;
    },
    end() {
      const rest = held;
      isSearching = false;
      held = nothing;
      return rest;
    },
    processId: () => processId,
    said: () => said,
  };
}
