// Writes a run's log as server-sent events: what is stored, then what comes, until the run has ended. Reads only.
// Woken by doorbells; polls slowly, because a doorbell may be lost.
import { type RunStatus, terminalRunStatuses } from '@sena/contracts/domain/run';
import type { RunEvent } from '@sena/contracts/domain/run-event';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { listRunEvents } from '@sena/runs/events/list-run-events';
import type { RunFollower } from './open-run-streams.ts';

const pollMs = 5_000;
const heartbeatMs = 15_000;
/** Then the client connects again and is authenticated again. */
const lifetimeMs = 15 * 60_000;
/** Nothing is sent on a proof that is older; when a doorbell says that something changed, it is asked for at once. */
const proofMs = 1_000;
const eventsPerRead = 500;
/** How long a client waits before it connects again. */
const retryMs = 1_500;

export interface StreamedRun {
  readonly pool: Pool;
  readonly organizationId: string;
  readonly runId: string;
  /** The number of the last event the client has. */
  readonly after: number;
  readonly follower: RunFollower;
  /** May whoever follows still see this run? */
  readonly mayFollow: () => Promise<boolean>;
  /** Aborted when the client has gone. */
  readonly gone: AbortSignal;
}

/** Text of `text/event-stream`. Gives the follower's place back when it ends, however it ends. */
export async function* streamRun(run: StreamedRun): AsyncGenerator<string> {
  const { follower, gone } = run;
  const endsAtMs = performance.now() + lifetimeMs;
  let seq = run.after;
  let spokeAtMs = performance.now();
  let provedAtMs = performance.now();
  try {
    yield `retry: ${retryMs}\n\n`;
    while (!gone.aborted && !follower.draining.aborted && performance.now() < endsAtMs) {
      const isDoubted = follower.takeDoubt();
      const { events, ended } = await readNews(run, seq);
      const speaks = events.length > 0 || ended;
      if (isDoubted || (speaks && performance.now() - provedAtMs >= proofMs)) {
        if (!(await run.mayFollow())) break;
        provedAtMs = performance.now();
      }
      if (events.length > 0) {
        seq = events.at(-1)?.seq ?? seq;
        spokeAtMs = performance.now();
        yield events.map(formatEvent).join('');
        if (events.length === eventsPerRead) continue;
      }
      if (ended) {
        yield `event: end\ndata: {"seq":${seq}}\n\n`;
        return;
      }
      if (performance.now() - spokeAtMs >= heartbeatMs) {
        spokeAtMs = performance.now();
        yield ': still here\n\n';
      }
      const untilHeartbeatMs = spokeAtMs + heartbeatMs - performance.now();
      await follower.waitForNews(Math.max(0, Math.min(pollMs, untilHeartbeatMs)), gone);
    }
    if (!gone.aborted) yield `retry: ${retryMs}\n: connect again\n\n`;
  } finally {
    follower.leave();
  }
}

/** `ended`: the run is over and these are its last events. The status is read first: its event is then there as well. */
async function readNews(run: StreamedRun, seq: number): Promise<{ events: RunEvent[]; ended: boolean }> {
  return inOrganization(run.pool, run.organizationId, async (transaction) => {
    const found = await transaction.query<{ status: RunStatus; last_event_seq: number }>(
      'select status, last_event_seq from runs where id = $1',
      [run.runId],
    );
    const state = found.rows[0];
    if (state === undefined) return { events: [], ended: true };
    const events = state.last_event_seq > seq ? await listRunEvents(transaction, run.runId, seq, eventsPerRead) : [];
    const lastSeq = events.at(-1)?.seq ?? seq;
    return { events, ended: terminalRunStatuses.has(state.status) && lastSeq >= state.last_event_seq };
  });
}

function formatEvent(event: RunEvent): string {
  // JSON has no raw line breaks, so one data line holds it.
  return `id: ${event.seq}\nevent: run\ndata: ${JSON.stringify(event)}\n\n`;
}
