// Entered from scope, and from wait with what was observed; leaves to gate with commands, or to report with an answer.
// Asks the run's planner. Writes the plan's event and what the model has used.
import { appendRunEventOnce } from '@sena/runs/events/append-run-event';
import { listObservations } from '@sena/runs/execution/list-observations';
import { addUsage } from '@sena/runs/run/add-usage';
import { setPlanner } from '@sena/runs/run/save-plan';
import { ModelUnavailableError } from '../../planners/model/ask-model.ts';
import type { PlanContext, Planner, PlanTurn } from '../../planners/planner.ts';
import { changeRun, type RunContext, readInRun } from '../run-context.ts';
import { type RunState, type RunUpdate, unpackNodes } from '../run-state.ts';

export function plan(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { turn: planned, planner } = await think(context, state);
    const { runId } = context.lease;
    return changeRun(context, async (transaction) => {
      if (planned.usage !== undefined) await addUsage(transaction, runId, planned.usage);
      await setPlanner(transaction, runId, planner.name);
      const chosen = { planner: planner.name, turn: state.turn + 1 };
      switch (planned.kind) {
        case 'answer':
          return { ...chosen, ending: { status: 'succeeded', answer: planned.answer, findings: planned.findings } };
        case 'cannot':
          return {
            ...chosen,
            ending: { status: 'failed', reason: planned.reason },
          };
        case 'probe': {
          const steps = planned.steps.map(({ nodeIds, ...step }) => ({ ...step, nodeCount: nodeIds.length }));
          const first = planned.steps[0]?.step;
          await appendRunEventOnce(
            transaction,
            runId,
            { type: 'run.planned', planner: planner.name, summary: planned.summary, steps },
            { type: 'run.planned', steps: [{ step: first }] },
          );
          return { ...chosen, memory: planned.memory, steps: planned.steps, passed: [], approvalId: null };
        }
      }
    });
  };
}

/** A model that is away at the first turn is replaced by the runbooks, and the run says so. */
async function think(context: RunContext, state: RunState): Promise<{ turn: PlanTurn; planner: Planner }> {
  const planner = choosePlanner(context, state);
  try {
    return { turn: await planner.plan(await toPlanContext(context, state, planner)), planner };
  } catch (error) {
    if (!(error instanceof ModelUnavailableError) || state.turn > 0) throw error;
    context.logger.warn({ err: error, runId: context.lease.runId }, 'the model is away, runbooks are used');
    const text = 'The model did not answer, so runbooks were used instead.';
    await changeRun(context, (transaction) =>
      appendRunEventOnce(transaction, context.lease.runId, { type: 'run.note', text }, { type: 'run.note', text }),
    );
    const { runbook } = context.planners;
    return { turn: await runbook.plan(await toPlanContext(context, state, runbook)), planner: runbook };
  }
}

function choosePlanner(context: RunContext, state: RunState): Planner {
  const { command, runbook, model } = context.planners;
  if (state.request.kind === 'command') return command;
  if (state.request.kind === 'runbook') return runbook;
  if (state.turn > 0 && state.planner === 'runbook') return runbook;
  if (state.turn > 0 && model === null)
    throw new ModelUnavailableError('The model that this run thinks with is no longer configured.');
  return model ?? runbook;
}

async function toPlanContext(context: RunContext, state: RunState, planner: Planner): Promise<PlanContext> {
  const { organizationId, runId } = context.lease;
  const steps = state.steps.map((step) => step.step);
  const observations =
    state.turn === 0
      ? []
      : await readInRun(context, (transaction) => listObservations(transaction, runId, steps, planner.wanted));
  return {
    organizationId,
    runId,
    request: state.request,
    nodes: unpackNodes(state.nodes),
    peers: unpackNodes(state.peers),
    names: state.names,
    notes: state.notes,
    isNowhere: state.isNowhere,
    turn: state.turn,
    memory: state.memory,
    observations,
    traceparent: context.traceparent,
    signal: context.signal,
  };
}
