// Entered from plan; leaves to dispatch, to approve, or to report when policy denies. Judges every command of the turn; writes the
// decisions and, where one needs it, the request for an approval over the exact texts and nodes.
import { randomBytes } from 'node:crypto';
import { findApprovalOfStep } from '@sena/approvals/find-approval-of-step';
import { requestApproval } from '@sena/approvals/request-approval';
import type { Action } from '@sena/contracts/envelope';
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEventOnce } from '@sena/runs/events/append-run-event';
import { readRequester } from '@sena/runs/run/read-requester';
import { savePolicyDecisions } from '@sena/runs/run/save-plan';
import { transitionRun } from '@sena/runs/run/transition-run';
import { limitsOf, noEnvironment } from '../execution-limits.ts';
import { type JudgedStep, judgeSteps } from '../judge-steps.ts';
import { actor, changeRun, type RunContext, readNow } from '../run-context.ts';
import type { RunState, RunUpdate } from '../run-state.ts';
import { readTargets } from '../targets.ts';
import { describeMissed, type Window, windowOf } from '../window-of.ts';

export function gate(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { runId, leaseEpoch } = context.lease;
    return changeRun(context, async (transaction): Promise<RunUpdate> => {
      const now = await readNow(transaction);
      const window = windowOf(state.request, state.turn, context.limits.approvalValidityMs, now);
      const missed = describeMissed(window, now);
      if (missed !== null) return { ending: { status: 'cancelled', reason: missed } };
      const judged = await judgeSteps(
        context,
        transaction,
        state.steps,
        window.isScheduled && window.notBefore > now ? window.notBefore : now,
      );
      const gated = judged.map(({ plan, shell, decision }) => ({
        step: plan.step,
        command: plan.command,
        shell,
        decision,
      }));
      await savePolicyDecisions(transaction, runId, gated, actor);
      const denied = judged.find((step) => step.decision.decision === 'deny');
      const waiting = judged.filter((step) => step.decision.decision === 'require_approval');
      const approvalId =
        denied === undefined && waiting.length > 0
          ? await askForApproval(context, transaction, waiting, { window, waitMs: state.request.waitMs })
          : null;
      const reasons = (denied ? [denied] : waiting).flatMap((step) => step.decision.reasons);
      const approvers = denied === undefined && waiting.length > 0 ? approversOf(waiting) : 0;
      const decision = denied ? 'deny' : approvalId === null ? 'allow' : 'require_approval';
      const steps = state.steps.map(({ step }) => step);
      await appendRunEventOnce(
        transaction,
        runId,
        { type: 'run.gated', decision, reasons, approvalId, approvers, steps },
        { type: 'run.gated', steps },
      );

      const passed = judged.map(({ step, shell, readOnly, isDirect }) => ({ step, shell, readOnly, isDirect }));
      if (denied)
        return {
          passed,
          ending: {
            status: 'failed',
            reason: `\`${denied.plan.command}\` ${reasons[0] ?? 'is denied by policy'}.`,
          },
        };
      const waits = approvalId !== null ? 'awaiting_approval' : window.notBefore > now ? 'scheduled' : null;
      if (waits !== null) await transitionRun(transaction, { runId, to: waits, actor, leaseEpoch });
      return { passed, approvalId };
    });
  };
}

/** As many as the strictest of them needs. */
function approversOf(waiting: readonly JudgedStep[]): 1 | 2 {
  return waiting.some((step) => step.decision.approvers === 2) ? 2 : 1;
}

interface Times {
  readonly window: Window;
  readonly waitMs: number;
}

/** Finds the request of a turn that was gated before a crash; otherwise asks. null: no satellite could carry any of it. */
async function askForApproval(
  context: RunContext,
  transaction: TenantTransaction,
  waiting: readonly JudgedStep[],
  times: Times,
): Promise<string | null> {
  const { runId } = context.lease;
  const existing = await findApprovalOfStep(transaction, runId, waiting[0]?.step ?? '');
  if (existing !== null) return existing.id;
  const action = await toAction(context, transaction, waiting, times);
  if (action.commands.length === 0) return null;
  const requester = await readRequester(transaction, runId);
  return requestApproval(transaction, {
    runId,
    action,
    approversRequired: approversOf(waiting),
    passkeyRequired: waiting.some((step) => step.decision.passkey),
    effects: waiting.flatMap((step) => step.decision.effects),
    reasons: waiting.flatMap((step) => step.decision.reasons),
    requestedBy: requester.ref,
    requestedByName: requester.name,
    requestedKey: requester.key,
    actor,
  });
}

async function toAction(
  context: RunContext,
  transaction: TenantTransaction,
  waiting: readonly JudgedStep[],
  { window, waitMs }: Times,
): Promise<Action> {
  const commands: Action['commands'] = [];
  for (const { plan, shell } of waiting) {
    const targets = await readTargets(transaction, plan.nodeIds);
    const nodes = targets.flatMap(({ satelliteId, ...node }) =>
      satelliteId === null ? [] : [{ ...node, satelliteId }],
    );
    if (nodes.length === 0) continue;
    const limits = limitsOf(context.limits.commandTimeoutMs, waitMs);
    commands.push({ step: plan.step, shell, command: plan.command, environment: noEnvironment, limits, nodes });
  }
  return {
    v: 1,
    organizationId: transaction.organizationId,
    runId: context.lease.runId,
    approvalNonce: randomBytes(18).toString('base64url'),
    notBefore: window.notBefore.toISOString(),
    expiresAt: window.endsAt.toISOString(),
    commands,
  };
}
