// Ends a run that a person wants to end: nothing new starts, what was never sent is closed, what was sent is waited for, so that the
// counts of a cancelled run are true. Entered by the worker before it resumes a run.
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import { listCancelled } from '@sena/runs/run/list-cancelled';
import { readRun } from '@sena/runs/run/read-run';
import { transitionRun } from '@sena/runs/run/transition-run';
import { describeCancelled } from './describe-cancelled.ts';
import { actor, changeRun, type RunContext } from './run-context.ts';
import { stopWhatHasNotBegun } from './stop-what-has-not-begun.ts';

/** True when the run is being cancelled or has ended: there is nothing to resume. */
export async function cancelRun(context: RunContext): Promise<boolean> {
  const { runId, leaseEpoch } = context.lease;
  const cancel = await changeRun(context, async (transaction) => {
    const wish = await transaction.query<{ wanted: boolean }>(
      'select cancel_requested_at is not null as wanted from runs where id = $1',
      [runId],
    );
    const run = await readRun(transaction, runId);
    if (run === null || terminalRunStatuses.has(run.status)) return { isOver: true, isPending: false };
    if (!wish.rows[0]?.wanted) return { isOver: false, isPending: false };
    await stopWhatHasNotBegun(transaction, runId, 'The run was cancelled before this was sent.');
    const left = await readRun(transaction, runId);
    const isPending = (left?.counts.pending ?? 0) > 0;
    if (!isPending) {
      const reason = describeCancelled(await listCancelled(transaction, runId));
      await transitionRun(transaction, { runId, to: 'cancelled', reason, actor, leaseEpoch });
    }
    return { isOver: true, isPending };
  });
  // Satellites are told of what was sent; their answers wake the run again.
  if (cancel.isPending) await context.ring('runCancelled', { runId });
  return cancel.isOver;
}
