// PATCH /v1/sites/{id}: how many commands may run there at once. Its satellites are told by their relays, at once where they are connected.
import { actorOf } from '@sena/contracts/domain/principal';
import { changeSiteBodySchema, siteSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { changeSite } from '@sena/fleet/change-site';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function patchSite(app: GatewayApp, services: Services): void {
  app.patch(
    '/v1/sites/:id',
    {
      config: { access: may.manageFleet },
      schema: {
        operationId: 'changeSite',
        tags: ['fleet'],
        summary: 'Change how many commands run at a site at once',
        description:
          'Each connected satellite gets an equal share of `runningMax`, at least one, and runs no more than that and than its own ' +
          'configuration allows. Commands beyond it wait until their dispatch expires. What runs already is not ended.',
        params: z.object({ id: idSchema('site') }),
        body: changeSiteBodySchema,
        response: { 200: siteSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const { id: siteId } = request.params;
      const changed = await inOrganization(services.pool, member.organizationId, (transaction) =>
        changeSite(transaction, siteId, request.body, actorOf(member)),
      );
      void services.signals.ring(member.organizationId, 'siteShares', { siteId });
      return changed;
    },
  );
}
