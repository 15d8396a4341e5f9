// Ends a run that SENA can't advance. Nothing new starts, what was never sent is closed; what was sent keeps its outcome, now or when it
// comes. Entered by the worker with a lease, instead of opening the graph.
import { transitionRun } from '@sena/runs/run/transition-run';
import { actor, changeRun, type RunContext } from './run-context.ts';
import { stopWhatHasNotBegun } from './stop-what-has-not-begun.ts';

/** `reason`: for people. The run must not have ended. */
export async function failRun(context: RunContext, reason: string): Promise<void> {
  const { runId, leaseEpoch } = context.lease;
  await changeRun(context, async (transaction) => {
    await stopWhatHasNotBegun(transaction, runId, 'The run had failed before this was sent.');
    await transitionRun(transaction, { runId, to: 'failed', reason, actor, leaseEpoch });
  });
}
