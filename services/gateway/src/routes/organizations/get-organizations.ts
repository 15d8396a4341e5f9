// GET /v1/organizations: those that the person who asks belongs to. Reads identity only.
import { listOrganizations } from '@sena/auth/members/list-organizations';
import { organizationListSchema } from '@sena/contracts/http/members';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import type { Services } from '../../services.ts';

export function getOrganizations(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/organizations',
    {
      config: { access: 'member' },
      schema: {
        operationId: 'listOrganizations',
        tags: ['session'],
        summary: 'List the organizations that I belong to',
        description: 'An API key belongs to one organization, and sees that one alone.',
        response: { 200: organizationListSchema },
      },
    },
    async (request) => {
      const { userId, organizationId, by, credentialId } = memberOf(request);
      const sessionId = by === 'session' ? credentialId : null;
      const all = await listOrganizations(services.auth.pool, { userId, organizationId, sessionId });
      const items = all.map((organization) => ({ ...organization, isCurrent: organization.id === organizationId }));
      return { items, nextCursor: null };
    },
  );
}
