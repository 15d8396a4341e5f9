// POST /v1/sites/{id}/join-tokens: lets one satellite join this site. The token is shown once and kept as a hash,
// so the same request sent again is told that it was shown.
import { actorOf } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import { createJoinTokenBodySchema, joinTokenSchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { createJoinToken } from '@sena/fleet/create-join-token';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
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
        description:
          'Single use and short-lived. `command` is the whole line to run at the site. The token is shown in this answer alone ' +
          'and not kept: the same request with the same `Idempotency-Key` makes no second token and answers `shown_once`. ' +
          'When the first answer was lost, ask for another token with a new key; the lost one expires by itself.',
        params: z.object({ id: idSchema('site') }),
        headers: idempotencyHeadersSchema,
        body: createJoinTokenBodySchema,
        response: { 201: joinTokenSchema, ...declareProblems('not_ready', 'shown_once') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const created = await inOrganization(services.pool, member.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: withoutTokenSchema }, () =>
          createJoinToken(transaction, {
            siteId: request.params.id,
            expiresInSeconds: request.body.expiresInSeconds,
            publicUrl: services.settings.publicUrl,
            createdBy: actorOf(member),
          }),
        ),
      );
      switch (created.kind) {
        case 'first':
          return reply.code(201).header('cache-control', 'no-store').send(created.answer);
        case 'again': {
          const { id, expiresAt } = created.answer;
          throw new SenaError(
            'shown_once',
            `Join token ${id} was shown in the first answer to this request and is not kept. ` +
              `If that answer was lost, send the request with a new Idempotency-Key; the lost token expires at ${expiresAt}.`,
          );
        }
      }
    },
  );
}

const withoutTokenSchema = joinTokenSchema.omit({ token: true, command: true });
