// POST /v1/scim-tokens: a token for the organization's directory. It is in this answer alone and kept as a hash.
import { createScimToken } from '@sena/auth/scim/scim-tokens';
import { SenaError } from '@sena/contracts/errors';
import { createdScimTokenSchema, createScimTokenBodySchema, scimTokenSchema } from '@sena/contracts/http/scim';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKeyInIdentity } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postScimTokens(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/scim-tokens',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'createScimToken',
        tags: ['members'],
        summary: 'Create a token for the organization’s directory (SCIM)',
        description:
          'It works at /scim/v2 alone, for this organization alone. The same request with the same `Idempotency-Key` answers `shown_once`.',
        headers: idempotencyHeadersSchema,
        body: createScimTokenBodySchema,
        response: { 201: createdScimTokenSchema, ...declareProblems('shown_once', 'conflict') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const created = await oncePerKeyInIdentity(
        services,
        { request, reply, kept: scimTokenSchema },
        async (identity) => {
          const { scimToken, token } = await createScimToken(identity, { by, ...request.body });
          return { ...scimToken, token };
        },
      );
      switch (created.kind) {
        case 'first':
          return reply.code(201).send(created.answer);
        case 'again':
          throw new SenaError(
            'shown_once',
            `SCIM token ${created.answer.id} was shown in the first answer to this request and is not kept. ` +
              'If that answer was lost, revoke the token and create another one with a new Idempotency-Key.',
          );
      }
    },
  );
}
