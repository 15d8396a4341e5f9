// GET /v1/invitations: who was asked to join, newest first. Reads identity only.
import { listInvitations } from '@sena/auth/invitations/list-invitations';
import { invitationPageSchema } from '@sena/contracts/http/members';
import { pageQuerySchema } from '@sena/contracts/http/page';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getInvitations(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/invitations',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'listInvitations',
        tags: ['members'],
        summary: 'List invitations, newest first',
        querystring: pageQuerySchema,
        response: { 200: invitationPageSchema },
      },
    },
    async (request) => listInvitations(services.auth.pool, memberOf(request).organizationId, request.query),
  );
}
