// Entered from gate, approve or start; leaves to wait, or to report when a node of the approval is gone. Writes the turn's dispatches, one for
// each command and satellite, and the doorbell of the signer, in one transaction. What rests on an approval is written exactly as it
// was approved, or not at all.
import { readApprovedAction, readApprovedStart } from '@sena/approvals/read-decision';
import type { PlanStep } from '@sena/contracts/domain/run';
import type { TenantTransaction } from '@sena/db/tenant';
import { readNodes } from '@sena/fleet/read-nodes';
import { appendRunEventOnce } from '@sena/runs/append-run-event';
import { hasDispatches } from '@sena/runs/has-dispatches';
import { readRunScope } from '@sena/runs/read-run-scope';
import { requesterMayRun } from '@sena/runs/requester-may-run';
import { type NewDispatch, writeDispatches } from '@sena/runs/write-dispatches';
import { limitsOf, noEnvironment } from '../execution-limits.ts';
import { judgeSteps } from '../judge-steps.ts';
import { actor, changeRun, type RunContext, readNow } from '../run-context.ts';
import type { PassedStep, RunState, RunUpdate } from '../run-state.ts';
import { readTargets } from '../targets.ts';
import { beginOfApproved, describeMissed, type Window, windowOf } from '../window-of.ts';

export function dispatch(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { runId } = context.lease;
    const outcome = await changeRun(context, async (transaction): Promise<Dispatched> => {
      const now = await readNow(transaction);
      const window = windowOf(state.request, state.turn, context.limits.approvalValidityMs, now);
      const changed = window.isScheduled ? await describeChanged(context, transaction, state, { window, now }) : null;
      if (changed !== null) return { kind: 'refused', reason: changed };
      const gone = await deletedSinceApproval(transaction, runId, state);
      if (gone.length > 0) return { kind: 'refused', reason: describeGone(gone) };
      const beyond = await describeBeyondScope(transaction, runId, state);
      if (beyond !== null) return { kind: 'refused', reason: beyond };
      const direct = state.steps.filter((step) => passedOf(state, step).isDirect);
      const approved = state.steps.filter((step) => !passedOf(state, step).isDirect);
      const dispatches = [
        ...(await toDirectDispatches(context, transaction, state, direct, { window, now })),
        ...(await toApprovedDispatches(context, transaction, state, approved, now)),
      ];
      await noteDeletedNodes(transaction, runId, state, dispatches);
      const { traceparent } = context;
      const written = await writeDispatches(transaction, runId, dispatches, { actor, traceparent });
      return { kind: 'written', outboxId: written.outboxId };
    });
    if (outcome.kind === 'refused') return { ending: { status: 'cancelled', reason: outcome.reason } };
    await context.deliver(outcome.outboxId);
    return {};
  };
}

type Dispatched =
  | { readonly kind: 'written'; readonly outboxId: string }
  | { readonly kind: 'refused'; readonly reason: string };

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

async function toDirectDispatches(
  context: RunContext,
  transaction: TenantTransaction,
  state: RunState,
  steps: readonly PlanStep[],
  { window, now }: { window: Window; now: Date },
): Promise<NewDispatch[]> {
  const dispatches: NewDispatch[] = [];
  for (const { step, command, nodeIds } of steps) {
    const targets = await readTargets(transaction, nodeIds);
    for (const [satelliteId, nodes] of Map.groupBy(targets, (target) => target.satelliteId)) {
      dispatches.push({
        step,
        satelliteId,
        shell: passedOf(state, { step }).shell,
        command,
        environment: noEnvironment,
        limits: limitsOf(context.limits.commandTimeoutMs, state.request.waitMs),
        readOnly: passedOf(state, { step }).readOnly,
        approvalId: null,
        ...validity(context, state, now, window.isScheduled ? window.endsAt : null),
        nodes,
      });
    }
  }
  return dispatches;
}

async function toApprovedDispatches(
  context: RunContext,
  transaction: TenantTransaction,
  state: RunState,
  steps: readonly PlanStep[],
  now: Date,
): Promise<NewDispatch[]> {
  const { approvalId } = state;
  if (steps.length === 0) return [];
  const action = approvalId === null ? null : await readApprovedAction(transaction, approvalId);
  const dispatches: NewDispatch[] = [];
  for (const { step, command: planned, nodeIds } of steps) {
    const approved = action?.commands.find((command) => command.step === step);
    for (const [satelliteId, nodes] of Map.groupBy(approved?.nodes ?? [], (node) => node.satelliteId)) {
      const { shell, command, environment, limits } = approved as NonNullable<typeof approved>;
      const expiry = validity(context, state, now, action === null ? null : new Date(action.expiresAt));
      dispatches.push({
        step,
        satelliteId,
        shell,
        command,
        environment,
        limits,
        readOnly: false,
        approvalId,
        notBefore: action === null ? now : beginOfApproved(action, now),
        expiresAt: expiry.expiresAt,
        nodes,
      });
    }
    // Nodes that no satellite could reach when it was approved are no part of the action; they are told so.
    const covered = new Set(approved?.nodes.map((node) => node.nodeId));
    const left = nodeIds.filter((id) => !covered.has(id));
    const stranded = (await readTargets(transaction, left)).map(({ satelliteId: _, ...node }) => node);
    if (stranded.length === 0) continue;
    const limits = limitsOf(context.limits.commandTimeoutMs, state.request.waitMs);
    const text = {
      step,
      command: planned,
      shell: passedOf(state, { step }).shell,
      environment: noEnvironment,
      limits,
      readOnly: false,
    };
    dispatches.push({
      ...text,
      satelliteId: null,
      approvalId,
      ...validity(context, state, now, null),
      nodes: stranded,
    });
  }
  return dispatches;
}

/** Never longer than the approval it rests on, or the window it was asked for. `ends`: of that. */
function validity(
  context: RunContext,
  state: RunState,
  now: Date,
  ends: Date | null,
): { notBefore: Date; expiresAt: Date } {
  const expiresMs = Math.min(
    now.getTime() + Math.max(context.limits.dispatchValidityMs, state.request.waitMs),
    ends?.getTime() ?? Number.POSITIVE_INFINITY,
  );
  return { notBefore: now, expiresAt: new Date(expiresMs) };
}

function passedOf(state: RunState, { step }: { step: string }): PassedStep {
  const passed = state.passed.find((candidate) => candidate.step === step);
  if (passed === undefined) throw new Error(`step ${step} did not pass the gate`);
  return passed;
}

/** What was planned for a node that has been deleted since is not lost without a word. */
async function noteDeletedNodes(
  transaction: TenantTransaction,
  runId: string,
  state: RunState,
  dispatches: readonly NewDispatch[],
): Promise<void> {
  const planned = new Set(state.steps.flatMap((step) => step.nodeIds));
  for (const { nodes } of dispatches) for (const node of nodes) planned.delete(node.nodeId);
  if (planned.size === 0) return;
  const nodes = planned.size === 1 ? '1 node was' : `${planned.size} nodes were`;
  const text = `${nodes} deleted after the plan was made; nothing runs there.`;
  await appendRunEventOnce(transaction, runId, { type: 'run.note', text }, { type: 'run.note', text });
}
