// The orchestrator's worker: claim, advance, let go. A job says that work exists; PostgreSQL says which run is next.
import type { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import type { DoorbellData, DoorbellName } from '@sena/contracts/doorbells';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { JobQueue } from '@sena/queue/open-queue';
import { claimNextRun, type RunLease, releaseRun, returnRun } from '@sena/runs/claim-run';
import { ringOutbox } from '@sena/runs/ring-outbox';
import { transitionRun } from '@sena/runs/transition-run';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';
import { cancelRun } from '../graph/cancel-run.ts';
import { resumeRun } from '../graph/resume-run.ts';
import { actor, type Planners, type RunContext } from '../graph/run-context.ts';
import { holdLease, leaseMs } from './hold-lease.ts';

const failuresMax = 5;
const retryFirstMs = 1_000;

export interface Workshop {
  readonly pool: Pool;
  readonly queue: JobQueue;
  readonly signals: Signals;
  readonly checkpointer: PostgresSaver;
  readonly parser: ShellParser;
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
  const logger = shop.logger.child({ runId: lease.runId, organizationId: lease.organizationId });
  try {
    await holdLease(shop.pool, lease, { logger, stopping: shop.stopping }, (signal) =>
      advance(shop, lease, logger, signal),
    );
    const { stillWanted } = await releaseRun(shop.pool, lease);
    if (stillWanted) await ringAgain(shop, lease);
  } catch (error) {
    await giveBack(shop, lease, logger, error);
  }
}

async function advance(shop: Workshop, lease: RunLease, logger: Logger, signal: AbortSignal): Promise<void> {
  const { organizationId } = lease;
  const context: RunContext = {
    pool: shop.pool,
    parser: shop.parser,
    lease,
    logger,
    planners: shop.planners,
    limits: shop.limits,
    signal,
    deliver: (outboxId) => deliver(shop, organizationId, outboxId, logger),
    ring: <N extends DoorbellName>(doorbell: N, data: DoorbellData<N>) =>
      shop.signals.ring(organizationId, doorbell, data),
  };
  const isCancelled = await cancelRun(context);
  if (!isCancelled) await resumeRun(context, shop.checkpointer);
}

/** A failure of SENA's own: tried again later, a bounded number of times, then the run says so. */
async function giveBack(shop: Workshop, lease: RunLease, logger: Logger, error: unknown): Promise<void> {
  if (shop.stopping.aborted) {
    logger.info('the process stops, the run is given back');
    await returnRun(shop.pool, lease, 0);
    return ringAgain(shop, lease);
  }
  const failures = await returnRun(shop.pool, lease, retryFirstMs);
  logger.error({ err: error, failures }, 'a run could not be advanced');
  // Lost: whoever holds it now goes on.
  if (failures === null || failures < failuresMax) return;
  await inOrganization(shop.pool, lease.organizationId, (transaction) =>
    transitionRun(transaction, {
      runId: lease.runId,
      to: 'failed',
      reason: 'SENA failed on this run several times; its log says why. What was dispatched is below.',
      actor,
    }),
  );
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
