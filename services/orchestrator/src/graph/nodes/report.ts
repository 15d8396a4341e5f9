// Entered from anywhere with an ending; the last node. Writes answer and findings, and ends the run, in one transaction.
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import { readRun } from '@sena/runs/run/read-run';
import { saveReport } from '@sena/runs/run/save-report';
import { transitionRun } from '@sena/runs/run/transition-run';
import { actor, changeRun, type RunContext } from '../run-context.ts';
import type { RunState, RunUpdate } from '../run-state.ts';

/** A model's words without evidence are shown for what they are. */
const uncited = 'Nothing above rests on a command that was run: it is what the model says, no more.';

export function report(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { ending } = state;
    if (ending === null) throw new Error('a run was reported before it had an ending');
    const { runId, leaseEpoch } = context.lease;
    await changeRun(context, async (transaction) => {
      const run = await readRun(transaction, runId);
      // A crash after the commit and before the checkpoint: it is written already.
      if (run === null || terminalRunStatuses.has(run.status)) return;
      if (ending.status !== 'succeeded') {
        return transitionRun(transaction, { runId, to: ending.status, reason: ending.reason, actor, leaseEpoch });
      }
      const { dropped } = await saveReport(transaction, runId, {
        ...ending,
        answer: [...state.notes, ending.answer].join('\n\n'),
        ifUncited: state.planner === 'model' ? uncited : null,
      });
      if (dropped > 0) context.logger.warn({ runId, dropped }, 'findings without evidence were dropped');
      await transitionRun(transaction, { runId, to: 'succeeded', actor, leaseEpoch });
    });
    return {};
  };
}
