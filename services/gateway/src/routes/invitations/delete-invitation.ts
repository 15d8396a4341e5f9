// DELETE /v1/invitations/{id}: the link is worth nothing from now on.
import { revokeInvitation } from '@sena/auth/invitations/revoke-invitation';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteInvitation(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/invitations/:id',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'revokeInvitation',
        tags: ['members'],
        summary: 'Take an invitation back',
        params: z.object({ id: idSchema('inv') }),
        response: { 204: z.null().describe('Taken back') },
      },
    },
    async (request, reply) => {
      await revokeInvitation(services.auth.pool, { by: memberOf(request), id: request.params.id });
      return reply.code(204).send(null);
    },
  );
}
