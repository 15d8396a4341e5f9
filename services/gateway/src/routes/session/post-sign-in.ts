// POST /api/auth/sign-in/email: the password once, a session cookie from then on. better-auth does it.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { forwardToAuth } from './forward-to-auth.ts';

const bodySchema = z.object({
  email: z.string().max(320),
  password: z.string().max(1_000),
  organization: z
    .string()
    .max(100)
    .optional()
    .describe('Whose person signs in, for whoever has the same address and password in several as different persons.'),
});

export function postSignIn(app: GatewayApp, services: Services): void {
  app.post(
    '/api/auth/sign-in/email',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'signIn',
        tags: ['session'],
        summary: 'Sign in',
        description: 'Sets the session cookie. After too many wrong passwords the answer is 429 for a while.',
        body: bodySchema,
        response: {
          200: z.union([
            z.object({ user: z.object({ id: z.string(), email: z.string(), name: z.string() }) }),
            z
              .object({ twoFactorRedirect: z.literal(true) })
              .describe('A code is asked for: POST /api/auth/two-factor/verify-totp.'),
          ]),
          ...declareProblems('unauthenticated', 'origin_refused'),
        },
      },
    },
    (request, reply) => forwardToAuth(services, request, reply),
  );
}
