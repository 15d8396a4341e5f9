// GET /v1/approvals: what waits, or waited, for a second person, newest first. Reads only.
import { listApprovals } from '@sena/approvals/list-approvals';
import { approvalListQuerySchema, approvalPageSchema } from '@sena/contracts/http/approvals';
import { inOrganization } from '@sena/db/tenant';
import { approvalBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getApprovals(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/approvals',
    {
      config: { access: may.readApprovals },
      schema: {
        operationId: 'listApprovals',
        tags: ['approvals'],
        summary: 'List approvals, newest first',
        querystring: approvalListQuerySchema,
        response: { 200: approvalPageSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      return inOrganization(services.pool, member.organizationId, (transaction) =>
        listApprovals(transaction, member, request.query, approvalBoundsOf(member)),
      );
    },
  );
}
