// POST /v1/satellites/{id}/revoke: its key is worth nothing from now on; a live tunnel is closed.
import { actorOf } from '@sena/contracts/domain/principal';
import { satelliteSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { revokeSatellite } from '@sena/fleet/revoke-satellite';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
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
        headers: idempotencyHeadersSchema,
        response: { 200: satelliteSchema },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { organizationId } = member;
      const { id: satelliteId } = request.params;
      const revoked = await inOrganization(services.pool, organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: satelliteSchema }, () =>
          revokeSatellite(transaction, satelliteId, actorOf(member)),
        ),
      );
      if (revoked.kind === 'first') void services.signals.ring(organizationId, 'satelliteRevoked', { satelliteId });
      return revoked.answer;
    },
  );
}
