// POST /v1/satellites/{id}/revoke: its key is worth nothing from now on; a live tunnel is closed.
import { principalRef } from '@sena/contracts/domain/principal';
import { satelliteSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { readSatellite } from '@sena/fleet/list-satellites';
import { revokeSatellite } from '@sena/fleet/revoke-satellite';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function postSatelliteRevoke(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/satellites/:id/revoke',
    {
      config: { access: may.manageFleet },
      schema: {
        operationId: 'revokeSatellite',
        tags: ['fleet'],
        summary: 'Revoke a satellite',
        description: 'For good: it has to enrol again with a new key. Twice is once.',
        params: z.object({ id: idSchema('sat') }),
        response: { 200: satelliteSchema },
      },
    },
    async (request) => {
      const member = memberOf(request);
      const { organizationId } = member;
      const { id: satelliteId } = request.params;
      await inOrganization(services.pool, organizationId, (transaction) =>
        revokeSatellite(transaction, satelliteId, principalRef(member)),
      );
      void services.signals.ring(organizationId, 'satelliteRevoked', { satelliteId });
      const satellite = await readSatellite(services.prisma.forOrganization(organizationId), satelliteId);
      if (satellite === null) throw new Error(`satellite ${satelliteId} is gone right after it was revoked`);
      return satellite;
    },
  );
}
