// POST /v1/satellites/{id}/unlock: somebody has looked where the second copy of its state directory was.
import { actorOf } from '@sena/contracts/domain/principal';
import { satelliteSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { unlockSatellite } from '@sena/fleet/unlock-satellite';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postSatelliteUnlock(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/satellites/:id/unlock',
    {
      config: { access: may.unlockSatellites },
      schema: {
        operationId: 'unlockSatellite',
        tags: ['fleet'],
        summary: 'Unlock a satellite',
        description:
          'Remove the other copy of its state directory first: the first one that connects is taken, and the next one locks it again. Where you ' +
          'don’t know where the other copy is, revoke the satellite and enrol it again instead.',
        params: z.object({ id: idSchema('sat') }),
        headers: idempotencyHeadersSchema,
        response: { 200: satelliteSchema, ...declareProblems('conflict') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { answer } = await inOrganization(services.pool, member.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: satelliteSchema }, () =>
          unlockSatellite(transaction, request.params.id, actorOf(member)),
        ),
      );
      return answer;
    },
  );
}
