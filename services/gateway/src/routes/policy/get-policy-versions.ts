// GET /v1/policies/{name}/versions: every text it ever had, who wrote it and when. Reads only.
import { pageQuerySchema } from '@sena/contracts/http/page';
import { policyNameSchema, policyVersionPageSchema } from '@sena/contracts/http/policy';
import { inOrganization } from '@sena/db/tenant';
import { listPolicyVersions } from '@sena/rules/list-policy-versions';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getPolicyVersions(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/policies/:name/versions',
    {
      config: { access: may.read },
      schema: {
        operationId: 'listPolicyVersions',
        tags: ['policy'],
        summary: 'List the versions of a policy, newest first',
        description: 'A deleted policy keeps its versions.',
        params: z.object({ name: policyNameSchema }),
        querystring: pageQuerySchema,
        response: { 200: policyVersionPageSchema },
      },
    },
    async (request) =>
      inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
        listPolicyVersions(transaction, request.params.name, request.query),
      ),
  );
}
