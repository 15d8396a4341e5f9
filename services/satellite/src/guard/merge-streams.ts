// Entered by follow-guarded-command: the same output may come over two channels, or again over the next one. Passes each byte
// once, in order. Pure.
import type { OutputStream } from '@sena/contracts/domain/outcome';

export type StreamMerge = {
  /** How much of each stream has passed. */
  received(): { stdout: number; stderr: number };
  /** A channel that begins at these offsets. */
  source(from: { stdout: number; stderr: number }): { write(stream: OutputStream, chunk: Buffer): void };
};

/** `pass` gets every byte once. */
export function mergeStreams(pass: (stream: OutputStream, chunk: Buffer) => void): StreamMerge {
  const received = { stdout: 0, stderr: 0 };
  return {
    received: () => ({ ...received }),
    source(from) {
      const position = { ...from };
      return {
        write(stream, chunk) {
          const known = received[stream] - position[stream];
          position[stream] += chunk.length;
          if (known >= chunk.length) return;
          const fresh = chunk.subarray(Math.max(0, known));
          received[stream] += fresh.length;
          pass(stream, fresh);
        },
      };
    },
  };
}
