// POST /v1/dispatch-keys/rotations: asks the signer for the next dispatch key. The old one names it, and satellites learn it from that alone.
import { actorOf } from '@sena/contracts/domain/principal';
import { dispatchKeyRequestSchema, rotateDispatchKeyBodySchema } from '@sena/contracts/http/fleet';
import { inOrganization } from '@sena/db/tenant';
import { requestKeyRotation } from '@sena/fleet/change-dispatch-keys';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKey } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function postDispatchKeyRotations(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/dispatch-keys/rotations',
    {
      config: { access: may.rotateKeys },
      // The body is optional.
      preValidation: async (request) => {
        const received = request as { body: unknown };
        if (received.body === undefined) received.body = {};
      },
      schema: {
        operationId: 'rotateDispatchKey',
        tags: ['fleet'],
        summary: 'Rotate the dispatch key',
        description:
          'The signer makes the next key within seconds, and the present one signs that it is the next. Each satellite goes on with the key ' +
          'that it knows until it has said that it believes the new one. Retire the old one when all have.',
        headers: idempotencyHeadersSchema,
        body: rotateDispatchKeyBodySchema,
        response: { 202: dispatchKeyRequestSchema },
      },
    },
    async (request, reply) => {
      const member = memberOf(request);
      const { answer } = await inOrganization(services.pool, member.organizationId, (transaction) =>
        oncePerKey(transaction, { request, reply, kept: dispatchKeyRequestSchema }, () =>
          requestKeyRotation(transaction, { reason: request.body.reason, actor: actorOf(member) }),
        ),
      );
      return reply.code(202).send(answer);
    },
  );
}
