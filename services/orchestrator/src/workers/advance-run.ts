// The orchestrator's worker: claim, advance, let go. A job says that work exists; PostgreSQL says which run is next.
import type { DoorbellData, DoorbellName } from '@sena/contracts/doorbells';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import type { JobQueue } from '@sena/queue/open-queue';
import { ringOutbox } from '@sena/runs/outbox/ring-outbox';
import { claimNextRun, type RunLease, releaseRun, returnRun } from '@sena/runs/run/claim-run';
import { transitionRun } from '@sena/runs/run/transition-run';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';
import { traceIdOf } from '@sena/telemetry/trace-context';
import { cancelRun } from '../graph/cancel-run.ts';
import { failRun } from '../graph/fail-run.ts';
import type { Checkpointer } from '../graph/open-checkpointer.ts';
import { resumeRun } from '../graph/resume-run.ts';
import { actor, type Planners, type RunContext } from '../graph/run-context.ts';
import { stopWhatHasNotBegun } from '../graph/stop-what-has-not-begun.ts';
import { ModelUnavailableError } from '../planners/model/ask-model.ts';
import { holdLease, leaseMs } from './hold-lease.ts';

/** Attempts in a row: after so many the run ends as `failed`, whether they threw or took their worker with them. */
const failuresMax = 6;
const retryFirstMs = 1_000;
const retryMaxMs = 60_000;

export interface Workshop {
  readonly pool: Pool;
  readonly queue: JobQueue;
  readonly signals: Signals;
  readonly checkpointer: Checkpointer;
  readonly parser: ShellParser;
  readonly cedar: CedarEngine;
  readonly planners: Planners;
  readonly limits: RunContext['limits'];
  readonly workerName: string;
  readonly logger: Logger;
  readonly stopping: AbortSignal;
}

/** One claim at most. Resolves when the run ended, paused or was given back. */
export async function advanceNextRun(shop: Workshop): Promise<void> {
  if (shop.stopping.aborted) return;
  const lease = await claimNextRun(shop.pool, shop.workerName, leaseMs);
  if (lease === null) return;
  const { organizationId, runId } = lease;
  const traceparent = await inOrganization(shop.pool, organizationId, (transaction) =>
    readTraceparent(transaction, runId),
  );
  const logger = shop.logger.child({ runId, organizationId, traceId: traceIdOf(traceparent) });
  const startedAtMs = performance.now();
  try {
    await holdLease(shop.pool, lease, { logger, stopping: shop.stopping }, (signal) =>
      advance(shop, { lease, logger, signal, traceparent }),
    );
    const { stillWanted } = await releaseRun(shop.pool, lease);
    logger.info({ durationMs: Math.round(performance.now() - startedAtMs), stillWanted }, 'run advanced');
    if (stillWanted) await ringAgain(shop, lease);
  } catch (error) {
    await giveBack(shop, lease, logger, error);
  }
}

async function advance(
  shop: Workshop,
  work: Pick<RunContext, 'lease' | 'logger' | 'signal' | 'traceparent'>,
): Promise<void> {
  const { organizationId } = work.lease;
  const context: RunContext = {
    ...work,
    pool: shop.pool,
    parser: shop.parser,
    cedar: shop.cedar,
    planners: shop.planners,
    limits: shop.limits,
    deliver: (outboxId) => deliver(shop, organizationId, outboxId, work.logger),
    ring: <N extends DoorbellName>(doorbell: N, data: DoorbellData<N>) =>
      shop.signals.ring(organizationId, doorbell, data),
  };
  const isCancelled = await cancelRun(context);
  if (isCancelled) return;
  // Before its graph is opened: a worker that died could not say so, and the next one would die of the same.
  if (work.lease.failures >= failuresMax) {
    work.logger.error({ failures: work.lease.failures }, 'a run ended too many attempts, it is not tried again');
    return failRun(context, gaveUp(work.lease.failures));
  }
  await resumeRun(context, shop.checkpointer);
}

function gaveUp(failures: number): string {
  return `SENA failed on this run ${failures} times in a row and does not try again. The log of the orchestrator says why. What was dispatched before is below and keeps its outcome; ask again to start anew.`;
}

/** A failure of SENA's own: tried again later, a bounded number of times, then the run says so. */
async function giveBack(shop: Workshop, lease: RunLease, logger: Logger, error: unknown): Promise<void> {
  if (shop.stopping.aborted) {
    logger.info('the process stops, the run is given back');
    await returnRun(shop.pool, lease, { kind: 'stopped' });
    return ringAgain(shop, lease);
  }
  const failures = await returnRun(shop.pool, lease, { kind: 'failed', retryFirstMs, retryMaxMs });
  logger.error({ err: error, failures }, 'a run could not be advanced');
  // Lost: whoever holds it now goes on.
  if (failures === null || failures < failuresMax) return;
  const reason =
    error instanceof ModelUnavailableError
      ? 'The model stopped answering. Ask again, or ask for a runbook.'
      : gaveUp(failures);
  const { organizationId, runId } = lease;
  const seq = await inOrganization(shop.pool, organizationId, async (transaction) => {
    await stopWhatHasNotBegun(transaction, runId, 'The run had failed before this was sent.');
    await transitionRun(transaction, { runId, to: 'failed', reason, actor });
    const last = await transaction.query<{ seq: number }>('select last_event_seq as seq from runs where id = $1', [
      runId,
    ]);
    return last.rows[0]?.seq ?? 0;
  });
  await shop.signals.ring(organizationId, 'runEvents', { runId, seq });
}

async function readTraceparent(transaction: TenantTransaction, runId: string): Promise<string | null> {
  const found = await transaction.query<{ traceparent: string | null }>('select traceparent from runs where id = $1', [
    runId,
  ]);
  return found.rows[0]?.traceparent || null;
}

async function ringAgain(shop: Workshop, { organizationId, runId }: RunLease): Promise<void> {
  await shop.queue.add('advanceRun', { organizationId, runId, traceparent: null });
}

async function deliver(shop: Workshop, organizationId: string, outboxId: string, logger: Logger): Promise<void> {
  try {
    await ringOutbox(shop.pool, shop.queue.add, organizationId, outboxId);
  } catch (error) {
    logger.warn({ err: error, outboxId }, 'a doorbell could not be rung now, the sweeper will');
  }
}
