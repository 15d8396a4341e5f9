// DELETE /v1/api-keys/{id}: a key ends at once, with those that were made with it.
import { revokeApiKey } from '@sena/auth/keys/revoke-api-key';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteApiKey(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/api-keys/:id',
    {
      config: { access: may.manageKeys },
      schema: {
        operationId: 'revokeApiKey',
        tags: ['members'],
        summary: 'Revoke an API key',
        description: 'Your own, or anybody’s for whoever manages members.',
        params: z.object({ id: idSchema('key') }),
        response: { 204: z.null().describe('Revoked') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const userId = await revokeApiKey(services.auth.pool, { by, id: request.params.id });
      void services.signals.ring(by.organizationId, 'memberChanged', { userId });
      return reply.code(204).send(null);
    },
  );
}
