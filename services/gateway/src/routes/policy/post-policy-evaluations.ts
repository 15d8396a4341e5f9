// POST /v1/policy/evaluations: what would SENA say to this command? Runs nothing, stores nothing.
import { scopeOf } from '@sena/auth/abilities';
import { evaluatePolicyBodySchema, policyEvaluationSchema } from '@sena/contracts/http/policy';
import { inOrganization } from '@sena/db/tenant';
import { countNodes } from '@sena/fleet/select-nodes';
import { evaluateCommand } from '@sena/policy/evaluate-command';
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
        body: evaluatePolicyBodySchema,
        response: { 200: policyEvaluationSchema, ...declareProblems('invalid_selector') },
      },
    },
    async (request) => {
      const { command, selector } = request.body;
      const nodeCount =
        selector === undefined
          ? null
          : await inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
              countNodes(transaction, selector, scopeOf(memberOf(request), may.read)),
            );
      const { decision, effects, reasons } = evaluateCommand(services.shellParser, command);
      return { decision, effects, reasons, nodeCount };
    },
  );
}
