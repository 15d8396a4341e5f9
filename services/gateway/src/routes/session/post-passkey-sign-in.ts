// POST /api/auth/passkey/verify-authentication: a passkey that was added for signing in signs in, its person verified. better-auth does it.
import { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { forwardToAuth } from './forward-to-auth.ts';

const base64url = (charactersMax: number) =>
  z
    .string()
    .max(charactersMax)
    .regex(/^[A-Za-z0-9_-]+$/, 'must be base64url');

const bodySchema = z.strictObject({
  response: z.strictObject({
    id: base64url(1_500),
    rawId: base64url(1_500),
    type: z.literal('public-key'),
    clientExtensionResults: z.strictObject({}),
    response: z.strictObject({
      clientDataJSON: base64url(4_000),
      authenticatorData: base64url(4_000),
      signature: base64url(2_000),
      userHandle: base64url(200).optional(),
    }),
  }),
});

export function postPasskeySignIn(app: GatewayApp, services: Services): void {
  app.post(
    '/api/auth/passkey/verify-authentication',
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: {
        operationId: 'signInWithPasskey',
        tags: ['session'],
        summary: 'Sign in with a passkey',
        description:
          'Sets the session cookie. Passkeys that approve changes sign nobody in. No second factor is asked for: a passkey is two.',
        body: bodySchema,
        response: {
          200: z.looseObject({ user: z.looseObject({ id: z.string() }) }),
          ...declareProblems('unauthenticated', 'origin_refused'),
        },
      },
    },
    (request, reply) => forwardToAuth(services, request, reply),
  );
}
