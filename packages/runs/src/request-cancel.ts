// A person wants a run to end. Notes the wish and wakes the run; the orchestrator and the satellites do the rest.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { type RunStatus, terminalRunStatuses } from '@sena/contracts/domain/run';
import { SenaError } from '@sena/contracts/errors';
import type { TenantTransaction } from '@sena/db/tenant';
import { wakeRun } from './wake-run.ts';

/** Twice is once. Throws `not_found`, or `run_finished` when there is nothing left to cancel. */
export async function requestCancel(
  transaction: TenantTransaction,
  runId: string,
  actor: string,
): Promise<{ outboxId: string }> {
  const found = await transaction.query<{ status: RunStatus; cancel_requested_at: Date | null }>(
    'select status, cancel_requested_at from runs where id = $1 for update',
    [runId],
  );
  const run = found.rows[0];
  if (run === undefined) throw new SenaError('not_found', 'There is no run with this id.');
  if (terminalRunStatuses.has(run.status))
    throw new SenaError('run_finished', `The run has already ${run.status}; there is nothing to cancel.`);
  if (run.cancel_requested_at === null) {
    await transaction.query('update runs set cancel_requested_at = now() where id = $1', [runId]);
    await appendAuditEvent(transaction, { action: 'run.cancel_requested', actor, subject: runId, runId });
  }
  return wakeRun(transaction, runId);
}
