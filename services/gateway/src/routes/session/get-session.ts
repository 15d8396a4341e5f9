// GET /api/auth/get-session: is this browser signed in? null when it is not. better-auth does it; /v1/me says more.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { forwardToAuth } from './forward-to-auth.ts';

export function getSession(app: GatewayApp, services: Services): void {
  app.get(
    '/api/auth/get-session',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getSession',
        tags: ['session'],
        summary: 'Read the session of the cookie',
        response: {
          200: z.object({ user: z.object({ id: z.string(), email: z.string(), name: z.string() }) }).nullable(),
        },
      },
    },
    (request, reply) => forwardToAuth(services, request, reply),
  );
}
