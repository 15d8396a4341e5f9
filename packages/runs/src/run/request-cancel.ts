// A person wants a run to end. Notes the wish and wakes the run; the orchestrator and the satellites do the rest.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { type RunStatus, terminalRunStatuses } from '@sena/contracts/domain/run';
import { SenaError } from '@sena/contracts/errors';
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';
import { wakeRun } from './wake-run.ts';

const asked = {
  toEnd: 'A cancel was asked for: nothing more begins. What runs already goes on to its end.',
  toStop:
    'A cancel was asked for that stops what runs: nothing more begins, and changes under a guard are stopped. Other commands go on to their end.',
};

/**
 * Twice is once; a later one may add `stopRunning`, which ends guarded commands that run with TERM, then KILL. Throws `not_found`, or
 * `run_finished` when there is nothing left to cancel.
 */
export async function requestCancel(
  transaction: TenantTransaction,
  runId: string,
  actor: Actor,
  { stopRunning }: { stopRunning: boolean } = { stopRunning: false },
): Promise<{ outboxId: string }> {
  const found = await transaction.query<{
    status: RunStatus;
    cancel_requested_at: Date | null;
    stop_requested: boolean;
  }>('select status, cancel_requested_at, stop_requested from runs where id = $1 for update', [runId]);
  const run = found.rows[0];
  if (run === undefined) throw noSuch('run');
  if (terminalRunStatuses.has(run.status))
    throw new SenaError('run_finished', 'The run has already ended; there is nothing to cancel.');
  if (run.cancel_requested_at === null || (stopRunning && !run.stop_requested)) {
    await transaction.query(
      `update runs set cancel_requested_at = coalesce(cancel_requested_at, now()), stop_requested = stop_requested or $2
       where id = $1`,
      [runId, stopRunning],
    );
    await appendAuditEvent(transaction, {
      action: 'run.cancel_requested',
      actor,
      subject: runId,
      runId,
      data: { stopRunning },
    });
    await appendRunEvent(transaction, runId, { type: 'run.note', text: stopRunning ? asked.toStop : asked.toEnd });
  }
  return wakeRun(transaction, runId);
}
