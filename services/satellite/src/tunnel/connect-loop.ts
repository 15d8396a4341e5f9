// Entered once by the runtime: keeps a connection to the cloud for as long as the process lives. Knows only when to try
// again; what a connection is stands in connect-once.
import type { ConnectionEnd } from './connect-once.ts';

const firstDelayMs = 250;
const delayMsMax = 30_000;
/** After "no": only a person can change that, so it is asked again slowly. */
const refusedDelayMs = 60_000;
/** A connection that lived this long, or did any work, was a good one: the next loss begins with the first delay again. */
const stableMs = 5_000;

export type ConnectLoopOptions = {
  connect(signal: AbortSignal): Promise<ConnectionEnd>;
  /** Called after every connection, with what comes next. */
  ended(end: ConnectionEnd, retryInMs: number): void;
  signal: AbortSignal;
  /** For tests. */
  refusedDelayMs?: number;
};

/** Resolves when `signal` is aborted and the last connection is over. */
export async function connectLoop(options: ConnectLoopOptions): Promise<void> {
  const { signal } = options;
  let delayMs = firstDelayMs;
  while (!signal.aborted) {
    const startedAtMs = performance.now();
    const end = await options.connect(signal);
    if (signal.aborted) return;
    const isStable = performance.now() - startedAtMs > stableMs;
    if (end.kind === 'closed' && (end.didWork || (end.wasWelcomed && isStable))) delayMs = firstDelayMs;
    const base = end.kind === 'refused' ? (options.refusedDelayMs ?? refusedDelayMs) : delayMs;
    // Half of it by chance: a relay that comes back is not met by everybody at once.
    const retryInMs = Math.round(base / 2 + Math.random() * (base / 2));
    options.ended(end, retryInMs);
    await sleep(retryInMs, signal);
    delayMs = Math.min(delayMs * 2, delayMsMax);
  }
}

function sleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', done, { once: true });
  });
}
