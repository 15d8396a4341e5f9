// The table of contents of a run: its nodes, and where each leads. Every decision is made inside a node and read from the state here.
import { END, START, StateGraph } from '@langchain/langgraph';
import type { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { approve } from './nodes/approve.ts';
import { dispatch } from './nodes/dispatch.ts';
import { gate } from './nodes/gate.ts';
import { plan } from './nodes/plan.ts';
import { report } from './nodes/report.ts';
import { scope } from './nodes/scope.ts';
import { start } from './nodes/start.ts';
import { wait } from './nodes/wait.ts';
import type { RunContext } from './run-context.ts';
import { type RunState, runChannels } from './run-state.ts';

export function buildRunGraph(context: RunContext, checkpointer: PostgresSaver) {
  const ended = (state: RunState) => state.ending !== null;
  /** What may run: only the first turn waits for the time that was asked for. */
  const onwards = (state: RunState) => (state.request.startAt !== null && state.turn === 1 ? 'start' : 'dispatch');
  return new StateGraph(runChannels)
    .addNode('scope', scope(context))
    .addNode('plan', plan(context))
    .addNode('gate', gate(context))
    .addNode('approve', approve(context))
    .addNode('start', start(context))
    .addNode('dispatch', dispatch(context))
    .addNode('wait', wait())
    .addNode('report', report(context))
    .addEdge(START, 'scope')
    .addConditionalEdges('scope', (state) => (ended(state) ? 'report' : 'plan'), ['report', 'plan'])
    .addConditionalEdges('plan', (state) => (ended(state) ? 'report' : 'gate'), ['report', 'gate'])
    .addConditionalEdges(
      'gate',
      (state) => (ended(state) ? 'report' : state.approvalId === null ? onwards(state) : 'approve'),
      ['report', 'start', 'dispatch', 'approve'],
    )
    .addConditionalEdges('approve', (state) => (ended(state) ? 'report' : onwards(state)), [
      'report',
      'start',
      'dispatch',
    ])
    .addEdge('start', 'dispatch')
    .addConditionalEdges('dispatch', (state) => (ended(state) ? 'report' : 'wait'), ['report', 'wait'])
    .addEdge('wait', 'plan')
    .addEdge('report', END)
    .compile({ checkpointer });
}
