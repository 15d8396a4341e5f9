// Entered from plan; leaves to dispatch, to approve, or to report when policy denies. Judges every command of the turn; writes the
// decisions and, where one needs it, the request for an approval over the exact texts and nodes.
import { randomBytes } from 'node:crypto';
import { findApprovalOfStep } from '@sena/approvals/find-approval-of-step';
import { requestApproval } from '@sena/approvals/request-approval';
import type { PolicyDecision } from '@sena/contracts/domain/policy';
import type { PlanStep } from '@sena/contracts/domain/run';
import type { Action } from '@sena/contracts/envelope';
import type { TenantTransaction } from '@sena/db/tenant';
import { readNodes } from '@sena/fleet/read-nodes';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import { decideCommand, strictest } from '@sena/policy/rules/decide-command';
import { readRules } from '@sena/rules/read-rules';
import { appendRunEventOnce } from '@sena/runs/append-run-event';
import { readRequester } from '@sena/runs/read-requester';
import { savePolicyDecisions } from '@sena/runs/save-plan';
import { transitionRun } from '@sena/runs/transition-run';
import { limitsOf, noEnvironment } from '../execution-limits.ts';
import { actor, changeRun, type RunContext, readNow } from '../run-context.ts';
import type { PassedStep, RunState, RunUpdate } from '../run-state.ts';
import { readTargets } from '../targets.ts';

interface Judged extends PassedStep {
  readonly plan: PlanStep;
  readonly decision: PolicyDecision;
}

export function gate(context: RunContext) {
  return async (state: RunState): Promise<RunUpdate> => {
    const { runId, leaseEpoch } = context.lease;
    return changeRun(context, async (transaction): Promise<RunUpdate> => {
      const judged = await judgeSteps(context, transaction, state.steps);
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
          ? await askForApproval(context, transaction, waiting, state.request.waitMs)
          : null;
      const reasons = (denied ? [denied] : waiting).flatMap((step) => step.decision.reasons);
      const decision = denied ? 'deny' : approvalId === null ? 'allow' : 'require_approval';
      const steps = state.steps.map(({ step }) => step);
      await appendRunEventOnce(
        transaction,
        runId,
        { type: 'run.gated', decision, reasons, approvalId, steps },
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
      if (approvalId !== null) await transitionRun(transaction, { runId, to: 'awaiting_approval', actor, leaseEpoch });
      return { passed, approvalId };
    });
  };
}

/** By the policies as they are now; the signer judges again by those of its own moment. */
async function judgeSteps(
  context: RunContext,
  transaction: TenantTransaction,
  steps: readonly PlanStep[],
): Promise<Judged[]> {
  const rules = await readRules(transaction, context.cedar);
  const { ref, role, via } = await readRequester(transaction, context.lease.runId);
  const at = await readNow(transaction);
  const judged: Judged[] = [];
  for (const plan of steps) {
    const { shell, effects, decision } = evaluateCommand(context.parser, plan.command);
    // Nodes are read where some rule asks about them.
    const isAsked = rules.kind === 'ready' && rules.questions.length > 0;
    const nodes = isAsked ? await readNodes(transaction, plan.nodeIds) : [];
    const verdict = strictest(
      decideCommand(rules, {
        effects,
        requester: { id: ref, attributes: { role, via } },
        nodes: nodes.map(({ site, ...node }) => ({ ...node, site: site.name })),
        at,
      }),
    );
    judged.push({
      plan,
      decision: {
        ...verdict,
        rules: [...verdict.rules],
        reasons: [...verdict.reasons],
        effects: effects.map(({ call: _, ...effect }) => effect),
      },
      step: plan.step,
      shell,
      readOnly: decision === 'allow',
      isDirect: verdict.decision === 'allow',
    });
  }
  return judged;
}

/** Finds the request of a turn that was gated before a crash; otherwise asks. null: no satellite could carry any of it. */
async function askForApproval(
  context: RunContext,
  transaction: TenantTransaction,
  waiting: readonly Judged[],
  waitMs: number,
): Promise<string | null> {
  const { runId } = context.lease;
  const existing = await findApprovalOfStep(transaction, runId, waiting[0]?.step ?? '');
  if (existing !== null) return existing.id;
  const action = await toAction(context, transaction, waiting, waitMs);
  if (action.commands.length === 0) return null;
  const requester = await readRequester(transaction, runId);
  return requestApproval(transaction, {
    runId,
    action,
    approversRequired: waiting.some((step) => step.decision.approvers === 2) ? 2 : 1,
    passkeyRequired: waiting.some((step) => step.decision.passkey),
    effects: waiting.flatMap((step) => step.decision.effects),
    reasons: waiting.flatMap((step) => step.decision.reasons),
    requestedBy: requester.ref,
    requestedByName: requester.name,
    actor,
  });
}

async function toAction(
  context: RunContext,
  transaction: TenantTransaction,
  waiting: readonly Judged[],
  waitMs: number,
): Promise<Action> {
  const now = (await readNow(transaction)).getTime();
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
    notBefore: new Date(now).toISOString(),
    expiresAt: new Date(now + context.limits.approvalValidityMs + waitMs).toISOString(),
    commands,
  };
}
