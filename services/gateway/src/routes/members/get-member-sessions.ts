// GET /v1/members/{id}/sessions: where a member is signed in. Reads identity only.
import { listSessions } from '@sena/auth/sessions/list-sessions';
import { sessionListSchema } from '@sena/contracts/http/sessions';
import { idSchema } from '@sena/contracts/ids';
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getMemberSessions(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/members/:id/sessions',
    {
      config: { access: may.manageMembers },
      schema: {
        operationId: 'listMemberSessions',
        tags: ['members'],
        summary: 'List where a member is signed in',
        params: z.object({ id: idSchema('user') }),
        response: { 200: sessionListSchema },
      },
    },
    async (request) => {
      const { organizationId, credentialId } = memberOf(request);
      const of = { organizationId, userId: request.params.id, currentId: credentialId };
      return { items: await listSessions(services.auth.pool, of), nextCursor: null };
    },
  );
}
