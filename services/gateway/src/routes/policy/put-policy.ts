// PUT /v1/policies/{name}: what the organization lets happen from now on. A run that is under way is judged again before it is signed.
import { policyNameSchema, policySchema, savePolicyBodySchema } from '@sena/contracts/http/policy';
import { inOrganization } from '@sena/db/tenant';
import { savePolicy } from '@sena/rules/save-policy';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function putPolicy(app: GatewayApp, services: Services): void {
  app.put(
    '/v1/policies/:name',
    {
      config: { access: may.managePolicies },
      schema: {
        operationId: 'savePolicy',
        tags: ['policy'],
        summary: 'Create or change a policy',
        description:
          'A text in Cedar. Send the `version` that you changed, or null for a new policy; when it has changed meanwhile the answer is ' +
          '`conflict`. A text that can not be read is refused with `validation_failed`; `fields` name line and column, as `text:3:7`. ' +
          'No policy lets run without an approval what is not understood, what reads secrets, or what takes other rights.',
        params: z.object({ name: policyNameSchema }),
        headers: idempotencyHeadersSchema,
        body: savePolicyBodySchema,
        response: { 200: policySchema, ...declareProblems('conflict') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const { answer } = await inOrganization(services.pool, by.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: policySchema }, () =>
          savePolicy(transaction, services.cedar, { name: request.params.name, ...request.body, by }),
        ),
      );
      return answer;
    },
  );
}
