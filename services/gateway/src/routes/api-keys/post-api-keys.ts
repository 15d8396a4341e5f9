// POST /v1/api-keys: a key for a program. It is in this answer alone and kept as a hash.
import { createApiKey } from '@sena/auth/keys/create-api-key';
import { SenaError } from '@sena/contracts/errors';
import { apiKeySchema, createApiKeyBodySchema, createdApiKeySchema } from '@sena/contracts/http/api-keys';
import type { GatewayApp } from '../../gateway-app.ts';
import { idempotencyHeadersSchema, oncePerKeyInIdentity } from '../../idempotency.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';

export function postApiKeys(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/api-keys',
    {
      config: { access: may.manageKeys },
      schema: {
        operationId: 'createApiKey',
        tags: ['members'],
        summary: 'Create an API key',
        description:
          'It does no more than its `scopes`, and no more than you may do at the time it is used. A key that is made with a key has no more ' +
          'than that one, expires no later, and ends with it. The same request with the same `Idempotency-Key` answers `shown_once`.',
        headers: idempotencyHeadersSchema,
        body: createApiKeyBodySchema,
        response: { 201: createdApiKeySchema, ...declareProblems('shown_once') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const created = await oncePerKeyInIdentity(services, { request, reply, kept: apiKeySchema }, async (identity) => {
        const { apiKey, key } = await createApiKey(identity, { by, ...request.body });
        return { ...apiKey, key };
      });
      switch (created.kind) {
        case 'first':
          return reply.code(201).send(created.answer);
        case 'again':
          throw new SenaError(
            'shown_once',
            `API key ${created.answer.id} was shown in the first answer to this request and is not kept. ` +
              'If that answer was lost, revoke the key and create another one with a new Idempotency-Key.',
          );
      }
    },
  );
}
