// DELETE /v1/members/{id}/sessions: a member is signed out everywhere, at once. Their API keys stay.
import { endSessionsOf } from '@sena/auth/sessions/end-sessions';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteMemberSessions(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/members/:id/sessions',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'endMemberSessions',
        tags: ['members'],
        summary: 'Sign a member out everywhere',
        params: z.object({ id: idSchema('user') }),
        response: { 204: z.null().describe('Signed out') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const { id: userId } = request.params;
      await endSessionsOf(services.auth.pool, { by, userId });
      void services.signals.ring(by.organizationId, 'memberChanged', { userId });
      return reply.code(204).send(null);
    },
  );
}
