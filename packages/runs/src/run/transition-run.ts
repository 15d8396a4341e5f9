// The only place where a run's status changes: compare-and-set on its version, with its event and audit row.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { type RunStatus, terminalRunStatuses } from '@sena/contracts/domain/run';
import { SenaError } from '@sena/contracts/errors';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';

const allowed: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['awaiting_approval', 'scheduled', 'succeeded', 'failed', 'cancelled'],
  awaiting_approval: ['running', 'scheduled', 'failed', 'cancelled'],
  scheduled: ['running', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export interface Transition {
  readonly runId: string;
  readonly to: RunStatus;
  /** A sentence, for `failed` and `cancelled`. */
  readonly reason?: string;
  /** Who did it: see principalRef. */
  readonly actor: Actor;
  /** The worker's lease. A former holder changes nothing: throws `conflict`. */
  readonly leaseEpoch?: number;
}

/** Already there: does nothing. A step the table does not allow, or a lost lease: throws SenaError `conflict`. */
export async function transitionRun(transaction: TenantTransaction, transition: Transition): Promise<void> {
  const found = await transaction.query<{ status: RunStatus; version: number; lease_epoch: number }>(
    'select status, version, lease_epoch from runs where id = $1 for update',
    [transition.runId],
  );
  const run = found.rows[0];
  if (run === undefined) throw noSuch('run');
  if (transition.leaseEpoch !== undefined && transition.leaseEpoch !== run.lease_epoch) {
    throw new SenaError('conflict', 'Another worker has taken this run over.');
  }
  if (run.status === transition.to) return;
  if (!allowed[run.status].includes(transition.to)) {
    throw new SenaError('conflict', `A run that is ${run.status} can not become ${transition.to}.`);
  }
  const terminal = terminalRunStatuses.has(transition.to);
  const changed = await transaction.query(
    `update runs set status = $3, version = version + 1, reason = coalesce($4, reason),
       -- What is planned and approved ahead has not started.
       started_at = coalesce(started_at, case when $3 = 'running' and (start_at is null or start_at <= now()) then now() end),
       finished_at = case when $5 then now() end
     where id = $1 and version = $2`,
    [transition.runId, run.version, transition.to, transition.reason ?? null, terminal],
  );
  if (changed.rowCount !== 1) throw new SenaError('conflict', 'The run has changed meanwhile.');
  const reason = transition.reason ?? null;
  await appendRunEvent(transaction, transition.runId, { type: 'run.status', status: transition.to, reason });
  await appendAuditEvent(transaction, {
    action: `run.${transition.to}`,
    actor: transition.actor,
    subject: transition.runId,
    runId: transition.runId,
    data: { from: run.status, reason },
  });
}
