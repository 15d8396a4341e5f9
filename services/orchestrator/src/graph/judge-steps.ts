// What policy says to the commands of a turn, as policies and nodes are now. Entered by gate, and by dispatch for what waited for its
// time; the signer judges again. Reads only.
import type { PolicyDecision } from '@sena/contracts/domain/policy';
import type { PlanStep } from '@sena/contracts/domain/run';
import type { TenantTransaction } from '@sena/db/tenant';
import { readNodes } from '@sena/fleet/read-nodes';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import { decideCommand, strictest } from '@sena/policy/rules/decide-command';
import { proposerOf } from '@sena/policy/rules/proposer';
import { readRules } from '@sena/rules/read-rules';
import { readRequester } from '@sena/runs/run/read-requester';
import type { RunContext } from './run-context.ts';
import type { PassedStep } from './run-state.ts';

export interface JudgedStep extends PassedStep {
  readonly plan: PlanStep;
  readonly decision: PolicyDecision;
}

/** `at`: when they are to begin; policies may ask for the time. */
export async function judgeSteps(
  context: RunContext,
  transaction: TenantTransaction,
  steps: readonly PlanStep[],
  at: Date,
): Promise<JudgedStep[]> {
  const rules = await readRules(transaction, context.cedar);
  const { ref, role, via, ...run } = await readRequester(transaction, context.lease.runId);
  const judged: JudgedStep[] = [];
  for (const plan of steps) {
    const { shell, effects, decision } = evaluateCommand(context.parser, plan.command);
    // Nodes are read where some rule asks about them.
    const isAsked = rules.kind === 'ready' && rules.questions.length > 0;
    const nodes = isAsked ? await readNodes(transaction, plan.nodeIds) : [];
    const verdict = strictest(
      decideCommand(rules, {
        effects,
        requester: { id: ref, attributes: { role, via } },
        proposer: proposerOf(run, plan.command),
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
