// DELETE /v1/sessions/{id}: a session ends at once.
import { endSession } from '@sena/auth/sessions/end-sessions';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function deleteSession(app: GatewayApp, services: Services): void {
  app.delete(
    '/v1/sessions/:id',
    {
      config: { access: may.manageKeys },
      schema: {
        operationId: 'endSession',
        tags: ['session'],
        summary: 'End a session',
        description: 'Your own, or anybody’s for whoever manages members.',
        params: z.object({ id: idSchema('sess') }),
        response: { 204: z.null().describe('Ended') },
      },
    },
    async (request, reply) => {
      const by = memberOf(request);
      const userId = await endSession(services.auth.pool, { by, id: request.params.id });
      void services.signals.ring(by.organizationId, 'memberChanged', { userId });
      return reply.code(204).send(null);
    },
  );
}
