// What would otherwise be forgotten: doorbells that were lost, and what time has ended. One orchestrator at a time (advisory lock).
import { expireApproval, listApprovalsToExpire } from '@sena/approvals/expire-approval';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { disconnectSatellite, listSilentSatellites } from '@sena/fleet/satellite-presence';
import type { JobQueue } from '@sena/queue/open-queue';
import { appendRunEvent } from '@sena/runs/append-run-event';
import { expireDispatch, listDispatchesToExpire } from '@sena/runs/close-executions';
import { ringOutbox, ringOutboxLeftovers } from '@sena/runs/ring-outbox';
import { wakeRun } from '@sena/runs/wake-run';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';
import { actor } from '../graph/run-context.ts';

const outboxOlderMs = 1_000;
const runOlderMs = 3_000;
const atMost = 500;
/** After validity and timeout, for a satellite that is about to reconnect. */
const graceMs = 30_000;
const silentMs = 30_000;
const idempotencyKeepMs = 24 * 3_600_000;

export interface SweptShop {
  readonly pool: Pool;
  readonly queue: JobQueue;
  readonly signals: Signals;
  readonly logger: Logger;
}

/** False when another orchestrator sweeps. */
export async function sweep(shop: SweptShop): Promise<boolean> {
  const client = await shop.pool.connect();
  try {
    const lock = await client.query<{ got: boolean }>(`select pg_try_advisory_lock(hashtext('sena.sweeper')) as got`);
    if (!lock.rows[0]?.got) return false;
    try {
      await ringWhatWasLost(shop);
      await expireApprovals(shop);
      await expireDispatches(shop);
      await letGoOfSilentSatellites(shop);
      await shop.pool.query('select forget_old_idempotency_keys($1)', [idempotencyKeepMs]);
      await shop.pool.query(`select ensure_output_partition((now() + interval '7 days')::date)`);
    } finally {
      await client.query(`select pg_advisory_unlock(hashtext('sena.sweeper'))`);
    }
    return true;
  } finally {
    client.release();
  }
}

async function ringWhatWasLost({ pool, queue, logger }: SweptShop): Promise<void> {
  const rung = await ringOutboxLeftovers(pool, queue.add, outboxOlderMs, atMost);
  if (rung > 0) logger.info({ rung }, 'doorbells rung again');
  const waiting = await pool.query<{ organization_id: string; run_id: string; traceparent: string | null }>(
    'select organization_id, run_id, traceparent from runs_to_ring($1, $2)',
    [runOlderMs, atMost],
  );
  for (const run of waiting.rows) {
    const data = { organizationId: run.organization_id, runId: run.run_id, traceparent: run.traceparent };
    await queue.add('advanceRun', data, { jobId: `sweep-${run.run_id}` });
  }
}

async function expireApprovals({ pool, queue, signals }: SweptShop): Promise<void> {
  for (const { organizationId, approvalId } of await listApprovalsToExpire(pool, atMost)) {
    const woken = await inOrganization(pool, organizationId, async (transaction) => {
      const expired = await expireApproval(transaction, approvalId, actor);
      if (expired === null) return null;
      const text = 'Nobody decided in time: the approval has expired.';
      const seq = await appendRunEvent(transaction, expired.runId, { type: 'run.note', text });
      return { runId: expired.runId, seq, ...(await wakeRun(transaction, expired.runId)) };
    });
    if (woken === null) continue;
    await signals.ring(organizationId, 'runEvents', { runId: woken.runId, seq: woken.seq });
    await ringOutbox(pool, queue.add, organizationId, woken.outboxId);
  }
}

async function expireDispatches({ pool, queue, signals, logger }: SweptShop): Promise<void> {
  for (const { organizationId, dispatchId } of await listDispatchesToExpire(pool, graceMs, atMost)) {
    const runs = await inOrganization(pool, organizationId, (transaction) =>
      expireDispatch(transaction, dispatchId, actor),
    );
    logger.warn({ organizationId, dispatchId }, 'a dispatch expired without a word');
    for (const run of runs) {
      await signals.ring(organizationId, 'runEvents', { runId: run.runId, seq: run.eventSeq });
      if (run.outboxId !== null) await ringOutbox(pool, queue.add, organizationId, run.outboxId);
    }
  }
}

/** Their relay died: they are shown as disconnected until they connect again. */
async function letGoOfSilentSatellites({ pool, logger }: SweptShop): Promise<void> {
  for (const { organizationId, satelliteId, connectionEpoch } of await listSilentSatellites(pool, silentMs)) {
    await disconnectSatellite(pool, organizationId, satelliteId, connectionEpoch);
    logger.warn({ organizationId, satelliteId }, 'a satellite has gone silent with its relay');
  }
}
