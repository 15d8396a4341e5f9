// Why a turn that passed the gate may not be dispatched any more: what has changed since it was planned, judged or approved. Entered by the
// dispatch node, in its transaction. Reads only.
import { readApprovedAction, readApprovedStart } from '@sena/approvals/read-decision';
import type { TenantTransaction } from '@sena/db/tenant';
import { readNodes } from '@sena/fleet/read-nodes';
import { hasDispatches } from '@sena/runs/dispatch/has-dispatches';
import { readRunScope } from '@sena/runs/run/read-run-scope';
import { requesterMayRun } from '@sena/runs/run/requester-may-run';
import { judgeSteps } from './judge-steps.ts';
import type { RunContext } from './run-context.ts';
import { passedOf, type RunState } from './run-state.ts';
import { describeMissed, type Window } from './window-of.ts';

/** A sentence for the run's readers; null: nothing stands in the way. */
export async function describeObstacle(
  context: RunContext,
  transaction: TenantTransaction,
  state: RunState,
  { window, now }: { window: Window; now: Date },
): Promise<string | null> {
  const { runId } = context.lease;
  const changed = window.isScheduled ? await describeChanged(context, transaction, state, { window, now }) : null;
  if (changed !== null) return changed;
  const gone = await deletedSinceApproval(transaction, runId, state);
  if (gone.length > 0) return describeGone(gone);
  return describeBeyondScope(transaction, runId, state);
}

/**
 * What may have changed while a run waited for its time: the window has passed, its requester has left, the approval is not what it was,
 * policy has become stricter. A sentence, or null: it may begin. Of a turn that is dispatched already nothing is taken back.
 */
async function describeChanged(
  context: RunContext,
  transaction: TenantTransaction,
  state: RunState,
  { window, now }: { window: Window; now: Date },
): Promise<string | null> {
  const { approvalId } = state;
  const steps = state.steps.map(({ step }) => step);
  if (await hasDispatches(transaction, context.lease.runId, steps)) return null;
  const missed = describeMissed(window, now);
  if (missed !== null) return missed;
  if (now < window.notBefore)
    return `It was asked for at ${window.notBefore.toISOString()}, and its run was given another time. Nothing was run. Ask again.`;
  if (!(await requesterMayRun(transaction, context.lease.runId)))
    return 'Who asked for this, or the API key it was asked with, may not run anything here any more, so nothing was run. Ask again as somebody who may.';
  if (approvalId !== null) {
    const approved = await readApprovedStart(transaction, approvalId);
    if (approved?.getTime() !== window.notBefore.getTime())
      return 'The approval is void: what it was over has changed. Nothing was run. Ask again.';
  }
  for (const { plan, decision } of await judgeSteps(context, transaction, state.steps, now)) {
    const isAllowed =
      decision.decision === 'allow' || (decision.decision === 'require_approval' && !passedOf(state, plan).isDirect);
    if (isAllowed) continue;
    const why = decision.reasons[0] ?? (decision.decision === 'deny' ? 'is denied by policy' : 'needs approval');
    return `Policy has changed since this was asked for: \`${plan.command}\` ${why}. Nothing was run. Ask again.`;
  }
  return null;
}

/**
 * Names of approved nodes that are no longer there. The digest is over exactly those nodes, so that the rest of them can't go on
 * without them. Of a turn that is dispatched already nothing is taken back: then there are none.
 */
async function deletedSinceApproval(transaction: TenantTransaction, runId: string, state: RunState): Promise<string[]> {
  const { approvalId } = state;
  if (approvalId === null) return [];
  const steps = state.steps.map(({ step }) => step);
  if (await hasDispatches(transaction, runId, steps)) return [];
  const action = await readApprovedAction(transaction, approvalId);
  const approved = new Map(action.commands.flatMap(({ nodes }) => nodes.map((node) => [node.nodeId, node.name])));
  for (const { id } of await readNodes(transaction, [...approved.keys()])) approved.delete(id);
  return [...approved.values()].sort();
}

/**
 * A label may change while a person decides: a node that has left the scope under which the run was asked for is not touched, and the
 * turn is one. Names nothing: what lies beyond is not its requester's to see. null: all are within.
 */
async function describeBeyondScope(
  transaction: TenantTransaction,
  runId: string,
  state: RunState,
): Promise<string | null> {
  const scope = await readRunScope(transaction, runId);
  if (scope === null) return null;
  const steps = state.steps.map(({ step }) => step);
  if (await hasDispatches(transaction, runId, steps)) return null;
  const nodeIds = [...new Set(state.steps.flatMap((step) => step.nodeIds))];
  const known = await readNodes(transaction, nodeIds);
  const within = await readNodes(transaction, nodeIds, scope);
  const left = known.length - within.length;
  if (left === 0) return null;
  return `${left === 1 ? '1 node has' : `${left} nodes have`} left the scope that this was asked under, which is ${scope}; nothing was run. Ask again.`;
}

const goneNamed = 5;

function describeGone(names: readonly string[]): string {
  const named = names.slice(0, goneNamed).join(', ');
  const more = names.length > goneNamed ? ` and ${names.length - goneNamed} more` : '';
  const were = names.length === 1 ? 'was' : 'were';
  return `${named}${more} ${were} deleted after this was put to approval. An approval is over exactly its nodes, so nothing was run. Ask again for the nodes that are left.`;
}
