// GET /v1/approvals/{id}: the exact commands and nodes that a person is asked to approve. Reads only.
import { readApproval } from '@sena/approvals/read-approval';
import { approvalSchema } from '@sena/contracts/http/approvals';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { z } from 'zod';
import { approvalBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getApproval(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/approvals/:id',
    {
      config: { access: may.readApprovals },
      schema: {
        operationId: 'getApproval',
        tags: ['approvals'],
        summary: 'Read an approval with its commands and nodes',
        params: z.object({ id: idSchema('appr') }),
        response: { 200: approvalSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      return inOrganization(services.pool, member.organizationId, (transaction) =>
        readApproval(transaction, member, request.params.id, approvalBoundsOf(member)),
      );
    },
  );
}
