// GET /v1/members: who belongs to the organization, by e-mail address. Reads identity only.
import { listMembers } from '@sena/auth/members/list-members';
import { memberPageSchema } from '@sena/contracts/http/members';
import { pageQuerySchema } from '@sena/contracts/http/page';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getMembers(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/members',
    {
      config: { access: may.readMembers },
      schema: {
        operationId: 'listMembers',
        tags: ['members'],
        summary: 'List the members of the organization by e-mail address',
        querystring: pageQuerySchema,
        response: { 200: memberPageSchema },
      },
    },
    async (request) => listMembers(services.auth.pool, memberOf(request).organizationId, request.query),
  );
}
