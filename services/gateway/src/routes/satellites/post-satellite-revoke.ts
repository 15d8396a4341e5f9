// POST /v1/satellites/{id}/revoke: its key is worth nothing from now on; a live tunnel is closed.
import { principalRef } from '@sena/contracts/domain/principal';
import { satelliteSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
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
      const satellite = await inOrganization(services.pool, organizationId, (transaction) =>
        revokeSatellite(transaction, request.params.id, principalRef(member)),
      );
      void services.signals.ring(organizationId, 'satelliteRevoked', { satelliteId: satellite.id });
      return satellite;
    },
  );
}
