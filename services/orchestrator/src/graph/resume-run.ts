// Takes a run from wherever it stands as far as it goes now: to its end, or to the next pause. Entered by the worker with a lease.
// Reads what the pause waits for from the database: a wake is a hint, not a fact.
import { Command } from '@langchain/langgraph';
import { readDecision } from '@sena/approvals/read-decision';
import { stepsAreComplete } from '@sena/runs/dispatch/steps-are-complete';
import { isDue } from '@sena/runs/run/is-due';
import type { Pause } from './nodes/wait.ts';
import type { Checkpointer } from './open-checkpointer.ts';
import { type RunContext, readInRun } from './run-context.ts';
import { buildRunGraph } from './run-graph.ts';

/**
 * Resolves when the run has ended, or waits for something that has not happened. What a pause waits for is read after the graph has
 * paused: it may have happened before, and then no further wake comes for it.
 */
export async function resumeRun(context: RunContext, checkpointer: Checkpointer): Promise<void> {
  const graph = buildRunGraph(context, checkpointer(context.lease));
  const thread = { configurable: { thread_id: context.lease.runId } };
  const options = { ...thread, durability: 'sync', signal: context.signal, recursionLimit: 200 } as const;
  for (;;) {
    const snapshot = await graph.getState(thread);
    const pauses = snapshot.tasks.flatMap((task) => task.interrupts.map((found) => found.value as Pause));
    const [pause] = pauses;
    if (pause !== undefined) {
      if (!(await isOver(context, pause))) return;
      await graph.invoke(new Command({ resume: pause.for }), options);
    } else if (snapshot.tasks.length > 0) {
      // A worker died between two nodes. `next` does not tell: a node whose writes are kept, but in no checkpoint yet, is
      // not in it.
      await graph.invoke(null, options);
    } else if (snapshot.createdAt === undefined) {
      await graph.invoke({ ending: null }, options);
    } else {
      return;
    }
  }
}

function isOver(context: RunContext, pause: Pause): Promise<boolean> {
  return readInRun(context, async (transaction) => {
    switch (pause.for) {
      case 'dispatches':
        return stepsAreComplete(transaction, context.lease.runId, pause.steps);
      case 'approval':
        return (await readDecision(transaction, pause.approvalId)).status !== 'pending';
      case 'start':
        return isDue(transaction, context.lease.runId);
    }
  });
}
