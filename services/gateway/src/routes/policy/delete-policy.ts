// DELETE /v1/policies/{name}: the policy no longer holds. Its versions are kept.
import { deletePolicyQuerySchema, policyNameSchema } from '@sena/contracts/http/policy';
import { inOrganization } from '@sena/db/tenant';
import { deletePolicy as deletePolicyOfOrganization } from '@sena/rules/delete-policy';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function deletePolicy(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/policies/:name',
    {
      config: { access: may.managePolicies },
      schema: {
        operationId: 'deletePolicy',
        tags: ['policy'],
        summary: 'Delete a policy',
        description:
          'Send the `version` that you looked at. What it forbade or permitted is judged by the other rules from now on.',
        params: z.object({ name: policyNameSchema }),
        querystring: deletePolicyQuerySchema,
        response: { 204: z.null().describe('Deleted'), ...declareProblems('conflict') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      await inOrganization(services.pool, by.organizationId, (transaction) =>
        deletePolicyOfOrganization(transaction, { name: request.params.name, version: request.query.version, by }),
      );
      return reply.code(204).send(null);
    },
  );
}
