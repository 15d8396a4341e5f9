// GET /api/auth/passkey/generate-authenticate-options: what a passkey is to sign, to sign in. better-auth does it, and sets the cookie that
// has to come back with the signature.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { forwardToAuth } from './forward-to-auth.ts';

export function getPasskeyOptions(app: GatewayApp, services: Services): void {
  app.get(
    '/api/auth/passkey/generate-authenticate-options',
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: {
        operationId: 'beginPasskeySignIn',
        tags: ['session'],
        summary: 'Begin to sign in with a passkey',
        response: {
          200: z.looseObject({ challenge: z.string(), rpId: z.string() }),
          ...declareProblems('rate_limited'),
        },
      },
    },
    (request, reply) => forwardToAuth(services, request, reply),
  );
}
