// GET /v1/policies/{name}: one policy with its text. Reads only.
import { policyNameSchema, policySchema } from '@sena/contracts/http/policy';
import { inOrganization } from '@sena/db/tenant';
import { readPolicy } from '@sena/rules/read-policy';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getPolicy(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/policies/:name',
    {
      config: { access: may.read },
      schema: {
        operationId: 'getPolicy',
        tags: ['policy'],
        summary: 'Read a policy',
        params: z.object({ name: policyNameSchema }),
        response: { 200: policySchema },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
        readPolicy(transaction, services.cedar, request.params.name),
      ),
  );
}
