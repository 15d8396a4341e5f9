// POST /v1/policy/evaluations: what would SENA say to this command, on these nodes, with this draft of a policy? Runs nothing, stores
// nothing.
import { scopeOf } from '@sena/auth/abilities';
import { principalRef } from '@sena/contracts/domain/principal';
import { evaluatePolicyBodySchema, type PolicyGroup, policyEvaluationSchema } from '@sena/contracts/http/policy';
import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import { readNodes } from '@sena/fleet/read-nodes';
import { selectNodes } from '@sena/fleet/select-nodes';
import { evaluateCommand } from '@sena/policy/evaluate-command';
import { findSyntaxError } from '@sena/policy/reading/find-syntax-error';
import { decideCommand, type GroupVerdict, strictest } from '@sena/policy/rules/decide-command';
import { describeGroup } from '@sena/policy/rules/describe-group';
import type { RuleNode } from '@sena/policy/rules/group-nodes';
import type { Rules } from '@sena/policy/rules/rule';
import { describeProblems } from '@sena/rules/describe-problems';
import { readRules } from '@sena/rules/read-rules';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postPolicyEvaluations(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/policy/evaluations',
    {
      config: { access: may.read },
      schema: {
        operationId: 'evaluatePolicy',
        tags: ['policy'],
        summary: 'Ask what policy says to a command',
        description:
          'With a selector or ids of nodes it says so for each group of nodes that no rule tells apart; the strictest of them holds for all. ' +
          'With a `draft` it judges as if that policy were saved.',
        body: evaluatePolicyBodySchema,
        response: { 200: policyEvaluationSchema, ...declareProblems('invalid_selector') },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const { command, selector, nodeIds, draft, role = member.role, proposer } = request.body;
      const { nodes, rules } = await inOrganization(services.pool, member.organizationId, async (transaction) => ({
        nodes: await nodesOf(transaction, selector, nodeIds, scopeOf(member, may.read)),
        rules: await readRules(transaction, services.cedar, draft),
      }));
      if (rules.kind === 'broken' && rules.problems.some(({ document }) => document === draft?.name)) {
        throw describeProblems(
          rules.problems.filter(({ document }) => document === draft?.name),
          'draft.text',
        );
      }
      const { effects } = evaluateCommand(services.shellParser, command);
      const requester = { id: principalRef(member), attributes: { role, via: member.by } };
      const verdicts = decideCommand(rules, { effects, requester, proposer, nodes: nodes ?? [], at: new Date() });
      return {
        ...withLists(strictest(verdicts)),
        effects,
        syntaxError: findSyntaxError(command),
        nodeCount: nodes?.length ?? null,
        groups: nodes === null || nodes.length === 0 ? [] : verdicts.map((verdict) => toGroup(rules, verdict)),
        notes:
          rules.kind === 'broken' ? [] : rules.notes.filter(({ document }) => document === draft?.name).map(toNote),
      };
    },
  );
}

async function nodesOf(
  transaction: TenantTransaction,
  selector: string | undefined,
  nodeIds: readonly string[] | undefined,
  scope: string | null,
): Promise<RuleNode[] | null> {
  if (selector === undefined && nodeIds === undefined) return null;
  const nodes =
    nodeIds === undefined
      ? await selectNodes(transaction, selector ?? null, scope)
      : await readNodes(transaction, nodeIds, scope);
  return nodes.map(({ site, ...node }) => ({ ...node, site: site.name }));
}

const nodesNamed = 10;

function toGroup(rules: Rules, { nodes, ...verdict }: GroupVerdict): PolicyGroup {
  return {
    ...withLists(verdict),
    nodeCount: nodes.length,
    nodes: nodes.slice(0, nodesNamed).map(({ id, name }) => ({ id, name })),
    attributes: describeGroup(rules, nodes),
  };
}

function withLists<T extends { rules: readonly string[]; reasons: readonly string[] }>(verdict: T) {
  return { ...verdict, rules: [...verdict.rules], reasons: [...verdict.reasons] };
}

function toNote({
  document,
  line,
  column,
  message,
}: {
  document: string;
  line: number;
  column: number;
  message: string;
}) {
  return { policy: document, line, column, message };
}
