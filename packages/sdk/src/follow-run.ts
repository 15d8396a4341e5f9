// A run's events from the first to the last, over as many connections as it takes: each event once, in order. Used by the
// console and the CLI. Touches only GET /v1/runs/:id/events.
import { type RunEvent, runEventSchema } from '@sena/contracts/domain/run-event';
import { ProblemError } from './problem-error.ts';
import { readEventStream } from './read-event-stream.ts';

export type Connection =
  | { kind: 'connecting' }
  | { kind: 'live' }
  /** Cut; another attempt follows in `retryInMs`. Nothing is lost meanwhile. */
  | { kind: 'interrupted'; retryInMs: number; cause: ProblemError };

export interface FollowRunOptions {
  baseUrl: string;
  runId: string;
  apiKey?: string;
  /** Resume after this event; 0 starts at the first. */
  afterSeq?: number;
  signal?: AbortSignal;
  onConnection?: (connection: Connection) => void;
  /** Silence after which a connection counts as dead; the server's heartbeat comes every 15 s. */
  silenceMs?: number;
  /** First pause between attempts; it doubles up to 15 s. */
  retryMs?: number;
}

const retryMaxMs = 15_000;
/** Refusals that another attempt can not change. */
const finalStatuses: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 410, 422]);

/**
 * Yields every event after `afterSeq` and returns when the run has ended. Reconnects with `Last-Event-ID` after a cut.
 * Throws `ProblemError` when the API refuses for good; returns quietly when `signal` aborts.
 */
export async function* followRun(options: FollowRunOptions): AsyncGenerator<RunEvent, void, undefined> {
  const { signal, onConnection } = options;
  const aborted = () => signal?.aborted === true;
  const retryMs = options.retryMs ?? 500;
  let seq = options.afterSeq ?? 0;
  let failures = 0;
  while (!aborted()) {
    onConnection?.({ kind: 'connecting' });
    try {
      for await (const step of followOnce(options, seq)) {
        if (step.kind === 'open') {
          onConnection?.({ kind: 'live' });
        } else if (step.kind === 'end') {
          return;
        } else if (step.event.seq > seq) {
          seq = step.event.seq;
          failures = 0;
          yield step.event;
        }
      }
      throw new ProblemError({
        status: 0,
        code: 'unreachable',
        title: 'The live connection was closed',
        detail: 'The live connection to SENA was closed. It is opened again by itself.',
      });
    } catch (cause) {
      if (aborted()) return;
      const problem = ProblemError.fromFailure(cause);
      if (finalStatuses.has(problem.status)) throw problem;
      const retryInMs = Math.max(Math.min(retryMs * 2 ** failures, retryMaxMs), problem.retryAfterMs ?? 0);
      failures += 1;
      onConnection?.({ kind: 'interrupted', retryInMs, cause: problem });
      await pause(retryInMs, signal);
    }
  }
}

type Step = { kind: 'open' } | { kind: 'event'; event: RunEvent } | { kind: 'end' };

async function* followOnce(options: FollowRunOptions, afterSeq: number): AsyncGenerator<Step, void, undefined> {
  const silenceMs = options.silenceMs ?? 45_000;
  const silence = new AbortController();
  const giveUp = () => silence.abort(new DOMException('no heartbeat', 'TimeoutError'));
  let watchdog = setTimeout(giveUp, silenceMs);
  const heard = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(giveUp, silenceMs);
  };
  try {
    const response = await fetch(`${options.baseUrl}/v1/runs/${encodeURIComponent(options.runId)}/events`, {
      credentials: 'same-origin',
      cache: 'no-store',
      headers: {
        accept: 'text/event-stream',
        ...(afterSeq > 0 ? { 'last-event-id': String(afterSeq) } : {}),
        ...(options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` }),
      },
      signal: options.signal === undefined ? silence.signal : AbortSignal.any([options.signal, silence.signal]),
    });
    heard();
    if (!response.ok) throw ProblemError.fromResponse(response, await readBody(response));
    if (response.body === null) throw new TypeError('the event stream has no body');
    yield { kind: 'open' };
    for await (const message of readEventStream(response.body, heard)) {
      if (message.event === 'end') {
        yield { kind: 'end' };
        return;
      }
      if (message.event !== 'run') continue;
      // Newer servers may write event types that this client does not know: they are not an error, and not shown.
      const event = runEventSchema.safeParse(JSON.parse(message.data));
      if (event.success) yield { kind: 'event', event: event.data };
    }
  } finally {
    clearTimeout(watchdog);
  }
}

async function readBody(response: Response): Promise<unknown> {
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
