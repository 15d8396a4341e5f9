// Keeps a lease while work goes on, and stops the work when it is lost. Entered by advance-run.
import type { Pool } from '@sena/db/tenant';
import { type RunLease, renewLease } from '@sena/runs/run/claim-run';
import type { Logger } from '@sena/telemetry/logger';

export const leaseMs = 30_000;
const renewMs = 8_000;
/**
 * A checkpoint is written in several statements, and nobody takes its run over between them. Those of a worker that is stopped there are undone
 * after this long, so that another can go on.
 */
export const checkpointIdleMs = 15_000;

/** Calls `work` with a signal that aborts when the lease is lost or `stopping` aborts. */
export async function holdLease<T>(
  pool: Pool,
  lease: RunLease,
  options: { logger: Logger; stopping: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const lost = new AbortController();
  let heldUntilMs = performance.now() + leaseMs;
  const timer = setInterval(async () => {
    try {
      if (await renewLease(pool, lease, leaseMs)) heldUntilMs = performance.now() + leaseMs;
      else lost.abort(new Error('another worker holds the run'));
    } catch (error) {
      options.logger.warn({ err: error, runId: lease.runId }, 'a lease could not be renewed, it is tried again');
      if (performance.now() > heldUntilMs) lost.abort(new Error('the lease ran out'));
    }
  }, renewMs);
  try {
    return await work(AbortSignal.any([lost.signal, options.stopping]));
  } finally {
    clearInterval(timer);
  }
}
