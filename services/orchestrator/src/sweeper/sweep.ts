// What would otherwise be forgotten: doorbells that were lost, and what time has ended. One orchestrator at a time (advisory lock).
import { expireApproval, listApprovalsToExpire } from '@sena/approvals/expire-approval';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { letGoOfSilentSatellite, listSilentSatellites } from '@sena/fleet/satellite-presence';
import type { JobQueue } from '@sena/queue/open-queue';
import { expireDispatch, listDispatchesToExpire } from '@sena/runs/dispatch/expire-dispatch';
import { expiryGrace } from '@sena/runs/dispatch/expiry-grace';
import { appendRunEvent } from '@sena/runs/events/append-run-event';
import { ringOutbox, ringOutboxLeftovers } from '@sena/runs/outbox/ring-outbox';
import { listRunsToStart } from '@sena/runs/run/list-runs-to-start';
import { wakeRun } from '@sena/runs/run/wake-run';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';
import { actor } from '../graph/run-context.ts';
import { askOthers } from '../placing/ask-others.ts';
import { placeLeftBehind } from '../placing/place-left-behind.ts';
import { holdSweeperLock } from './hold-sweeper-lock.ts';

const outboxOlderMs = 1_000;
const runOlderMs = 3_000;
const atMost = 500;
/** Three reports of its relay are missing. */
const silentMs = 15_000;
const idempotencyKeepMs = 24 * 3_600_000;

export interface SweptShop {
  readonly pool: Pool;
  readonly queue: JobQueue;
  readonly signals: Signals;
  readonly logger: Logger;
  readonly askOthersAfterMs: number;
}

/** Does one thing of many: its failure is not the others'. */
type Attempt = (what: string, work: () => Promise<void>) => Promise<void>;

/** False when another orchestrator sweeps. What fails is logged and tried at the next sweep; the rest is done. */
export async function sweep(shop: SweptShop): Promise<boolean> {
  const attempt: Attempt = async (what, work) => {
    try {
      await work();
    } catch (error) {
      shop.logger.error({ err: error }, `${what} failed, it is tried again`);
    }
  };
  return holdSweeperLock(shop.pool, shop.logger, async () => {
    // What time has ended comes first: it needs no queue.
    await attempt('expiring approvals', () => expireApprovals(shop, attempt));
    await attempt('letting go of silent satellites', () => letGoOfSilentSatellites(shop));
    await attempt('placing what was left behind', () => placeLeftBehind(shop));
    await attempt('asking other satellites', () => askOthers(shop, shop.askOthersAfterMs));
    await attempt('expiring dispatches', () => expireDispatches(shop, attempt));
    await attempt('starting what was asked for ahead', () => startScheduled(shop, attempt));
    await attempt('ringing again', () => ringWhatWasLost(shop));
    await attempt('keeping house', () => keepHouse(shop));
  });
}

async function keepHouse({ pool }: SweptShop): Promise<void> {
  await pool.query('select forget_old_idempotency_keys($1)', [idempotencyKeepMs]);
  await pool.query(`select ensure_output_partition((now() + interval '7 days')::date)`);
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

/** Those they wake are rung by `ringWhatWasLost`, like every doorbell that is in the outbox. */
async function expireApprovals({ pool, signals }: SweptShop, attempt: Attempt): Promise<void> {
  for (const { organizationId, approvalId } of await listApprovalsToExpire(pool, atMost)) {
    await attempt(`expiring ${approvalId}`, async () => {
      const noted = await inOrganization(pool, organizationId, async (transaction) => {
        const expired = await expireApproval(transaction, approvalId, actor);
        if (expired === null) return null;
        await wakeRun(transaction, expired.runId);
        const text = 'Nobody decided in time: the approval has expired.';
        const seq = await appendRunEvent(transaction, expired.runId, { type: 'run.note', text });
        return { runId: expired.runId, seq };
      });
      if (noted !== null) await signals.ring(organizationId, 'runEvents', noted);
    });
  }
}

/** Each is rung for once here; where that fails, `ringWhatWasLost` does it again, as for every run that was woken. */
async function startScheduled({ pool, queue }: SweptShop, attempt: Attempt): Promise<void> {
  for (const { organizationId, runId } of await listRunsToStart(pool, atMost)) {
    await attempt(`starting ${runId}`, async () => {
      const { outboxId } = await inOrganization(pool, organizationId, (transaction) => wakeRun(transaction, runId));
      await ringOutbox(pool, queue.add, organizationId, outboxId);
    });
  }
}

async function expireDispatches({ pool, signals, logger }: SweptShop, attempt: Attempt): Promise<void> {
  for (const { organizationId, dispatchId } of await listDispatchesToExpire(pool, expiryGrace, atMost)) {
    await attempt(`expiring ${dispatchId}`, async () => {
      const runs = await inOrganization(pool, organizationId, (transaction) =>
        expireDispatch(transaction, dispatchId, actor),
      );
      logger.warn({ organizationId, dispatchId }, 'a dispatch expired without a word');
      for (const { runId, eventSeq } of runs) await signals.ring(organizationId, 'runEvents', { runId, seq: eventSeq });
    });
  }
}

/** Their relay died: they are shown as disconnected until they connect again. */
async function letGoOfSilentSatellites({ pool, logger }: SweptShop): Promise<void> {
  for (const { organizationId, satelliteId } of await listSilentSatellites(pool, silentMs)) {
    const isGone = await inOrganization(pool, organizationId, (transaction) =>
      letGoOfSilentSatellite(transaction, satelliteId, silentMs),
    );
    if (!isGone) continue;
    logger.warn({ organizationId, satelliteId }, 'a satellite has gone silent with its relay');
  }
}
