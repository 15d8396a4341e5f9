// Threads that digest pieces of an export, which is nearly all of the work: entered by the verification. A short export needs none, and none
// are started for it.
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type DigestedPiece, digestPiece } from '@sena/audit/digest-piece';
import type { DigestReply, DigestRequest } from './digest-worker.ts';

/** Some 11,000 records: as long as it takes to start a thread. */
const piecesAlone = 8;
/** One thread reads and holds it all together: for more of them it is too slow. */
const threadsMax = 4;

export type Digestion = { kind: 'digested'; piece: DigestedPiece } | { kind: 'failed'; error: Error };

export interface Digesters {
  /** How many pieces should be under way, so that no thread waits. */
  readonly piecesAhead: number;
  /** `bytes` are gone here, until they come back. Never rejects. */
  digest(bytes: Buffer): Promise<Digestion>;
  close(): Promise<void>;
}

export function openDigesters(processors = availableParallelism()): Digesters {
  const threads: Thread[] = [];
  const threadsWanted = processors === 1 ? 0 : Math.min(processors, threadsMax);
  let taken = 0;
  return {
    piecesAhead: 2 * threadsWanted + 1,
    async digest(bytes) {
      taken += 1;
      if (threadsWanted === 0 || taken <= piecesAlone) return { kind: 'digested', piece: digestPiece(bytes) };
      if (threads.length < threadsWanted) threads.push(startThread());
      return threads.reduce((a, b) => (b.waiting() < a.waiting() ? b : a)).digest(bytes);
    },
    async close() {
      await Promise.all(threads.map((thread) => thread.stop()));
    },
  };
}

type Thread = ReturnType<typeof startThread>;

function startThread() {
  const worker = new Worker(new URL('./digest-worker.ts', import.meta.url));
  /** It answers in order. */
  const waiting: Array<(answer: Digestion) => void> = [];
  let failure: Error | null = null;

  function fail(error: Error): void {
    failure ??= error;
    for (const answer of waiting.splice(0)) answer({ kind: 'failed', error: failure });
  }
  worker.on('message', ({ buffer, length, parts }: DigestReply) =>
    waiting.shift()?.({ kind: 'digested', piece: { bytes: Buffer.from(buffer, 0, length), parts } }),
  );
  worker.once('error', fail);
  worker.once('exit', () => fail(new Error('a thread of the verification has ended')));

  return {
    waiting: () => waiting.length,
    digest: (bytes: Buffer) =>
      new Promise<Digestion>((resolve) => {
        if (failure !== null) return resolve({ kind: 'failed', error: failure });
        waiting.push(resolve);
        const buffer = bytes.buffer as ArrayBuffer;
        const request: DigestRequest = { buffer, length: bytes.length };
        worker.postMessage(request, [buffer]);
      }),
    stop: () => worker.terminate(),
  };
}
