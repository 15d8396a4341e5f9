// GET /v1/policies: what the organization lets happen, by name, beside SENA's own rules. Reads only.
import { pageQuerySchema } from '@sena/contracts/http/page';
import { policyListSchema } from '@sena/contracts/http/policy';
import { inOrganization } from '@sena/db/tenant';
import { defaultRules } from '@sena/policy/rules/default-rules';
import { listPolicies } from '@sena/rules/list-policies';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getPolicies(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/policies',
    {
      config: { access: may.read },
      schema: {
        operationId: 'listPolicies',
        tags: ['policy'],
        summary: 'List policies by name',
        querystring: pageQuerySchema,
        response: { 200: policyListSchema },
      },
    },
    async (request) => {
      const page = await inOrganization(services.pool, memberOf(request).organizationId, (transaction) =>
        listPolicies(transaction, services.cedar, request.query),
      );
      return { ...page, defaults: defaultRules.trim() };
    },
  );
}
