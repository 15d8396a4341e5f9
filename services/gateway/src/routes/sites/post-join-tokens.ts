// POST /v1/sites/{id}/join-tokens: lets one satellite join this site. The token is shown once and kept as a hash.
import { principalRef } from '@sena/contracts/domain/principal';
import { createJoinTokenBodySchema, joinTokenSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { createJoinToken } from '@sena/fleet/create-join-token';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postJoinTokens(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/sites/:id/join-tokens',
    {
      config: { access: may.manageFleet },
      // The body is optional.
      preValidation: async (request) => {
        const received = request as { body: unknown };
        if (received.body === undefined) received.body = {};
      },
      schema: {
        operationId: 'createJoinToken',
        tags: ['fleet'],
        summary: 'Create a join token for a satellite of this site',
        description: 'Single use and short-lived. `command` is the whole line to run at the site.',
        params: z.object({ id: idSchema('site') }),
        body: createJoinTokenBodySchema,
        response: { 201: joinTokenSchema, ...declareProblems('not_ready') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const joinToken = await inOrganization(services.pool, member.organizationId, (transaction) =>
        createJoinToken(transaction, {
          siteId: request.params.id,
          expiresInSeconds: request.body.expiresInSeconds,
          publicUrl: services.settings.publicUrl,
          createdBy: principalRef(member),
        }),
      );
      return reply.code(201).header('cache-control', 'no-store').send(joinToken);
    },
  );
}
