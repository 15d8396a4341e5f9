// Entered from gate or approve by a run that was asked for ahead of its time; leaves to dispatch at that time. Interrupts first: nobody
// holds the run meanwhile. The sweeper wakes it, and the database's clock says whether its time has come.
import { interrupt } from '@langchain/langgraph';
import { transitionRun } from '@sena/runs/run/transition-run';
import { actor, changeRun, type RunContext } from '../run-context.ts';
import type { RunUpdate } from '../run-state.ts';
import type { Pause } from './wait.ts';

export function start(context: RunContext) {
  return async (): Promise<RunUpdate> => {
    const pause: Pause = { for: 'start' };
    interrupt(pause);
    const { runId, leaseEpoch } = context.lease;
    await changeRun(context, (transaction) => transitionRun(transaction, { runId, to: 'running', actor, leaseEpoch }));
    return {};
  };
}
