// PUT /v1/policies/{name}: what the organization lets happen from now on. A run that is under way is judged again before it is signed.
import { SenaError } from '@sena/contracts/errors';
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
        // Checked below: for a new policy, a name that is not allowed is a mistake.
        params: z.object({ name: z.string().describe('Small letters, digits and dashes, at most 63') }),
        headers: idempotencyHeadersSchema,
        body: savePolicyBodySchema,
        response: { 200: policySchema, ...declareProblems('conflict', 'not_found') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const { success, data: name, error } = policyNameSchema.safeParse(request.params.name);
      if (!success && request.body.version !== null)
        throw new SenaError('not_found', 'There is no policy of this name.');
      if (!success) {
        const message = error.issues[0]?.message ?? 'not valid';
        throw new SenaError(
          'validation_failed',
          `This can not be the name of a policy: ${message.replace(/[.]$/, '')}.`,
          {
            fields: [{ path: 'name', message }],
          },
        );
      }
      const { answer } = await inOrganization(services.pool, by.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: policySchema }, () =>
          savePolicy(transaction, services.cedar, { name, ...request.body, by }),
        ),
      );
      return answer;
    },
  );
}
