// POST /api/auth/sign-out: ends the session of the cookie. better-auth does it.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { forwardToAuth } from './forward-to-auth.ts';

export function postSignOut(app: GatewayApp, services: Services): void {
  app.post(
    '/api/auth/sign-out',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'signOut',
        tags: ['session'],
        summary: 'Sign out',
        response: { 200: z.object({ success: z.boolean() }), ...declareProblems('origin_refused') },
      },
    },
    (request, reply) => forwardToAuth(services, request, reply),
  );
}
