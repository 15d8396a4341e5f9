// GET /v1/approvals/{id}/action: the action itself, for who recomputes the digest on their own machine. Reads only.
import { readAction } from '@sena/approvals/read-action';
import { readApproval } from '@sena/approvals/read-approval';
import { approvalActionSchema } from '@sena/contracts/http/approvals';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { z } from 'zod';
import { approvalBoundsOf } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getApprovalAction(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/approvals/:id/action',
    {
      config: { access: may.readApprovals },
      schema: {
        operationId: 'getApprovalAction',
        tags: ['approvals'],
        summary: 'Read the exact action that an approval is over',
        description:
          'Byte for byte what `actionDigest` is computed from, so that `sena approve` needs to believe nobody. Do not show it to ' +
          'people as it is: GET /v1/approvals/{id} has it with every hidden character visible.',
        params: z.object({ id: idSchema('appr') }),
        response: { 200: approvalActionSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      return inOrganization(services.pool, member.organizationId, async (transaction) => {
        await readApproval(transaction, member, request.params.id, approvalBoundsOf(member));
        return readAction(transaction, member, request.params.id);
      });
    },
  );
}
