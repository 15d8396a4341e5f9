// Entered from gate, approve or start; leaves to wait, or to report when a node of the approval is gone. Writes the turn's dispatches, one for
// each command and satellite, and the doorbell of the signer, in one transaction. What rests on an approval is written exactly as it
// was approved, or not at all.
import { readApprovedAction } from '@sena/approvals/read-decision';
import type { PlanStep } from '@sena/contracts/domain/run';
import type { TenantTransaction } from '@sena/db/tenant';
import { type NewDispatch, writeDispatches } from '@sena/runs/dispatch/write-dispatches';
import { appendRunEventOnce } from '@sena/runs/events/append-run-event';
import { describeObstacle } from '../describe-obstacle.ts';
import { limitsOf, noEnvironment } from '../execution-limits.ts';
import { actor, changeRun, type RunContext, readNow } from '../run-context.ts';
import { passedOf, type RunState, type RunUpdate } from '../run-state.ts';
import { readTargets } from '../targets.ts';
import { beginOfApproved, type Window, windowOf } from '../window-of.ts';

export function dispatch(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { runId } = context.lease;
    const outcome = await changeRun(context, async (transaction): Promise<Dispatched> => {
      const now = await readNow(transaction);
      const window = windowOf(state.request, state.turn, context.limits.approvalValidityMs, now);
      const obstacle = await describeObstacle(context, transaction, state, { window, now });
      if (obstacle !== null) return { kind: 'refused', reason: obstacle };
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
