// GET /v1/me: who is asking, for which organization, and what SENA can think with here. Reads only.
import { permissionsOf } from '@sena/auth/abilities';
import { inIdentityOf } from '@sena/auth/in-identity';
import { readMember } from '@sena/auth/members/list-members';
import { meSchema } from '@sena/contracts/http/session';
import { inOrganization } from '@sena/db/tenant';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import type { Services } from '../../services.ts';

export function getMe(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/me',
    {
      config: { access: 'member' },
      schema: {
        operationId: 'getMe',
        tags: ['session'],
        summary: 'Who am I?',
        response: { 200: meSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const { organizationId, userId, email, name, role, scope, by } = member;
      const organization = await inOrganization(services.pool, organizationId, (transaction) =>
        transaction.query<{ name: string }>('select name from organizations where organization_id = $1', [
          organizationId,
        ]),
      );
      const known = await inIdentityOf(services.auth.pool, organizationId, null, (client) =>
        readMember(client, organizationId, userId),
      );
      return {
        user: { id: userId, email, name },
        organization: { id: organizationId, name: organization.rows[0]?.name ?? '' },
        role,
        scope,
        permissions: permissionsOf(member),
        by,
        secondFactor: known?.secondFactor ?? false,
        planners: services.settings.planners,
      };
    },
  );
}
