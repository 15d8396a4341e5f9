// POST /v1/dispatch-keys/{id}/retire: asks the signer to say, under the newest key, that this one is no longer to be believed.
import { actorOf } from '@sena/contracts/domain/principal';
import { dispatchKeyRequestSchema, retireDispatchKeyBodySchema } from '@sena/contracts/http/fleet';
import { idSchema } from '@sena/contracts/ids';
import { inOrganization } from '@sena/db/tenant';
import { requestKeyRetirement } from '@sena/fleet/change-dispatch-keys';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postDispatchKeyRetire(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/dispatch-keys/:id/retire',
    {
      config: { access: may.rotateKeys },
      // The body is optional.
      preValidation: async (request) => {
        const received = request as { body: unknown };
        if (received.body === undefined) received.body = {};
      },
      schema: {
        operationId: 'retireDispatchKey',
        tags: ['fleet'],
        summary: 'Retire an old dispatch key',
        description:
          'Satellites refuse what it has signed from then on, and its private half is deleted. What waits under it is signed anew with the newest.',
        params: z.object({ id: idSchema('dkey') }),
        headers: idempotencyHeadersSchema,
        body: retireDispatchKeyBodySchema,
        response: { 202: dispatchKeyRequestSchema, ...declareProblems('conflict') },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { force, reason } = request.body;
      const { answer } = await inOrganization(services.pool, member.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: dispatchKeyRequestSchema }, () =>
          requestKeyRetirement(transaction, request.params.id, { force, reason, actor: actorOf(member) }),
        ),
      );
      return reply.code(202).send(answer);
    },
  );
}
