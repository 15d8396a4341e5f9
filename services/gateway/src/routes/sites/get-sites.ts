// GET /v1/sites: the customer's networks, by name. Reads only.
import { sitePageSchema } from '@sena/contracts/http/fleet';
import { pageQuerySchema } from '@sena/contracts/http/page';
import { listSites } from '@sena/fleet/list-sites';
import { sitesWithin } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getSites(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/sites',
    {
      config: { access: may.readFleet },
      schema: {
        operationId: 'listSites',
        tags: ['fleet'],
        summary: 'List sites by name',
        querystring: pageQuerySchema,
        response: { 200: sitePageSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const within = await sitesWithin(services, member);
      return listSites(services.prisma.forOrganization(member.organizationId), request.query, within);
    },
  );
}
