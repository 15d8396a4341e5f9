// Entered by run-script for stderr: lets the command's bytes pass and keeps the guard's last line, its answer. Pure.

export type AnswerFilter = {
  push(chunk: Buffer): Buffer;
  /** Once, when the channel has ended. `words`: null when no answer came; then `rest` is output. */
  end(): { words: string[] | null; rest: Buffer };
};

const nothing = Buffer.alloc(0);

/** `mark`: random, so that nothing else says it. */
export function createAnswerFilter(mark: string): AnswerFilter {
  const wanted = Buffer.from(`${mark} `, 'latin1');
  let held: Buffer = nothing;

  return {
    push(chunk) {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      const start = held.indexOf(wanted);
      // Its beginning may be the end of what has come.
      const passed = start === -1 ? Math.max(0, held.length - wanted.length + 1) : start;
      const output = held.subarray(0, passed);
      held = held.subarray(passed);
      return output;
    },
    end() {
      const text = held.toString('utf8');
      const isAnswer = held.indexOf(wanted) === 0 && text.endsWith('\n');
      const end = isAnswer
        ? { words: text.slice(wanted.length).trim().split(' '), rest: nothing }
        : { words: null, rest: held };
      held = nothing;
      return end;
    },
  };
}
