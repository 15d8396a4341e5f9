// Entered from gate; leaves to dispatch with a yes (by way of start, before its time), to report with anything else. Interrupts first;
// after the interrupt it reads the decision from the database, never from the message that woke it.
import { interrupt } from '@langchain/langgraph';
import { readDecision } from '@sena/approvals/read-decision';
import { isDue } from '@sena/runs/run/is-due';
import { transitionRun } from '@sena/runs/run/transition-run';
import { actor, changeRun, type RunContext } from '../run-context.ts';
import type { RunState, RunUpdate } from '../run-state.ts';
import type { Pause } from './wait.ts';

export function approve(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { approvalId } = state;
    if (approvalId === null) throw new Error('a run waits for an approval that was never asked for');
    const pause: Pause = { for: 'approval', approvalId };
    interrupt(pause);

    const { runId, leaseEpoch } = context.lease;
    return changeRun(context, async (transaction): Promise<RunUpdate> => {
      const decision = await readDecision(transaction, approvalId);
      const cancelled = (reason: string): RunUpdate => ({ ending: { status: 'cancelled', reason } });
      switch (decision.status) {
        case 'approved': {
          const to = (await isDue(transaction, runId)) ? 'running' : 'scheduled';
          await transitionRun(transaction, { runId, to, actor, leaseEpoch });
          return {};
        }
        case 'rejected':
          return cancelled(
            `${decision.decidedByName ?? 'Somebody'} rejected it${decision.reason ? `: ${decision.reason}` : ''}.`,
          );
        case 'expired':
          return cancelled(
            state.request.startAt === null
              ? 'Nobody decided in time. Ask again if it is still wanted.'
              : 'Its window ended before it was approved, so nothing was run. Ask again for another time.',
          );
        case 'void':
          return cancelled('The approval is void: what it was over has changed.');
        case 'pending':
          throw new Error(`approval ${approvalId} is not decided yet`);
      }
    });
  };
}
