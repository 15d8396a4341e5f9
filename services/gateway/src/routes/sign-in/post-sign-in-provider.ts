// POST /v1/sign-in/provider: a browser leaves for its organization's provider. Sets the cookie that has to come back with it.
import { beginSignIn } from '@sena/auth/providers/begin-sign-in';
import { beginSignInBodySchema, begunSignInSchema } from '@sena/contracts/http/sign-in';
import type { GatewayApp } from '../../gateway-app.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { oidcSettings, samlSettings, stateCookie } from './provider-settings.ts';

export function postSignInProvider(app: GatewayApp, services: Services): void {
  app.post(
    '/v1/sign-in/provider',
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: {
        operationId: 'beginSignIn',
        tags: ['session'],
        summary: 'Begin a sign-in at an organization’s provider',
        body: beginSignInBodySchema,
        response: { 200: begunSignInSchema, ...declareProblems('not_found', 'backend_unavailable') },
      },
    },
    async (request, reply) => {
      const { provider, next } = request.body;
      const { url, state } = await beginSignIn(
        services.auth,
        { oidc: oidcSettings(services), saml: samlSettings(services) },
        { providerId: provider, nextPath: next },
      );
      reply.header('set-cookie', stateCookie(services, state, 600));
      return { url };
    },
  );
}
