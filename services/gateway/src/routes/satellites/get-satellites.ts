// GET /v1/satellites: the hands, and whether they are connected. Reads only.
import { satellitePageSchema } from '@sena/contracts/http/fleet';
import { pageQuerySchema } from '@sena/contracts/http/page';
import { listSatellites } from '@sena/fleet/list-satellites';
import { sitesWithin } from '../../bounds-of.ts';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getSatellites(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/satellites',
    {
      config: { access: may.readFleet },
      schema: {
        operationId: 'listSatellites',
        tags: ['fleet'],
        summary: 'List satellites by name',
        querystring: pageQuerySchema,
        response: { 200: satellitePageSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const within = await sitesWithin(services, member);
      const siteIds = within === null ? null : [...within.keys()];
      return listSatellites(services.prisma.forOrganization(member.organizationId), request.query, siteIds);
    },
  );
}
