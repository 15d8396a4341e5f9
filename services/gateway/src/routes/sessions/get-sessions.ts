// GET /v1/sessions: where the member who asks is signed in. Reads identity only.
import { listSessions } from '@sena/auth/sessions/list-sessions';
import { sessionListSchema } from '@sena/contracts/http/sessions';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';

export function getSessions(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/sessions',
    {
      config: { access: may.manageKeys },
      schema: {
        operationId: 'listSessions',
        tags: ['session'],
        summary: 'List where I am signed in',
        response: { 200: sessionListSchema },
      },
    },
    async (request) => {
      const { organizationId, userId, credentialId } = memberOf(request);
      const of = { organizationId, userId, currentId: credentialId };
      return { items: await listSessions(services.auth.pool, of), nextCursor: null };
    },
  );
}
