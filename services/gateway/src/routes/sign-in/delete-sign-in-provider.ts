// DELETE /v1/sign-in-provider: nobody signs in through it any more, and the sessions it began end.
import { removeProvider } from '@sena/auth/providers/provider';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteSignInProvider(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/sign-in-provider',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'removeSignInProvider',
        tags: ['members'],
        summary: 'Remove the organization’s sign-in provider',
        response: { 204: z.null().describe('Removed') },
      },
    },
    async (request, reply) => {
      await removeProvider(services.auth, memberOf(request));
      return reply.code(204).send(null);
    },
  );
}
