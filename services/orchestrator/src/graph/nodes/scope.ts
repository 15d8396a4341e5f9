// Entered from the start; leaves to plan, or to report when no node is meant. Reads the request and the nodes; writes one event.

import { selectNodes } from '@sena/fleet/select-nodes';
import { appendRunEventOnce } from '@sena/runs/append-run-event';
import { readRun } from '@sena/runs/read-run';
import { transitionRun } from '@sena/runs/transition-run';
import type { ScopedNode } from '../../planners/planner.ts';
import { actor, changeRun, type RunContext } from '../run-context.ts';
import { packNodes, type RunUpdate } from '../run-state.ts';

export function scope(context: RunContext) {
  return async (): Promise<RunUpdate> => {
    const { runId, leaseEpoch } = context.lease;
    return changeRun(context, async (transaction) => {
      const run = await readRun(transaction, runId);
      if (run === null) throw new Error(`run ${runId} is gone`);
      await transitionRun(transaction, { runId, to: 'running', actor, leaseEpoch });
      const request = {
        kind: run.kind,
        prompt: run.kind === 'ask' ? run.prompt : null,
        command: run.command,
        runbook: run.kind === 'runbook' ? run.prompt : null,
      };
      const found = await selectNodes(transaction, run.selector);
      const all: ScopedNode[] = found.map((node) => ({
        id: node.id,
        name: node.name,
        site: node.site.name,
        labels: node.labels,
      }));
      const named = run.kind === 'ask' ? nodesNamedIn(run.prompt ?? '', all) : [];
      const nodes = named.length > 0 ? named : all;
      const note =
        named.length > 0 ? `The question names ${named.length === 1 ? 'one node' : `${named.length} nodes`}.` : null;
      const siteCount = new Set(nodes.map((node) => node.site)).size;
      await appendRunEventOnce(
        transaction,
        runId,
        { type: 'run.scoped', nodeCount: nodes.length, siteCount, note },
        { type: 'run.scoped' },
      );
      const reason =
        run.selector === null
          ? 'There are no nodes yet. Add some under Nodes, then ask again.'
          : `No node matches ${run.selector}.`;
      return {
        request,
        nodes: packNodes(nodes),
        turn: 0,
        memory: null,
        steps: [],
        passed: [],
        approvalId: null,
        ending: nodes.length === 0 ? { status: 'failed', reason } : null,
      };
    });
  };
}

/** Nodes whose whole name stands in the question. */
function nodesNamedIn(question: string, nodes: readonly ScopedNode[]): ScopedNode[] {
  const words = new Set(question.toLowerCase().match(/[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?/g));
  return nodes.filter((node) => words.has(node.name.toLowerCase()));
}
