// DELETE /v1/scim-tokens/{id}: the directory that shows it is nobody from now on. What it said before stays.
import { revokeScimToken } from '@sena/auth/scim/scim-tokens';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteScimToken(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/scim-tokens/:id',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'revokeScimToken',
        tags: ['members'],
        summary: 'Revoke a token of the organization’s directory',
        params: z.object({ id: idSchema('scim') }),
        response: { 204: z.null().describe('Revoked') },
      },
    },
    async (request, reply) => {
      await revokeScimToken(services.auth.pool, { by: memberOf(request), id: request.params.id });
      return reply.code(204).send(null);
    },
  );
}
