// GET /api/auth/oidc/callback: a browser comes back from its provider. It is a page's address, so every answer leads to a page.
import { finishOidc } from '@sena/auth/oidc/finish-oidc';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { leadToSignIn } from './lead-to-sign-in.ts';
import { callbackPath, oidcSettings, readStateCookie, stateCookie } from './provider-settings.ts';

export function getOidcCallback(app: GatewayApp, services: Services): void {
  app.get(
    callbackPath,
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: { hide: true },
    },
    async (request, reply) => {
      const { publicUrl } = services.settings;
      reply.header('set-cookie', stateCookie(services, '', 0));
      try {
        const { sessionToken, nextPath } = await finishOidc(services.auth, oidcSettings(services), {
          query: request.url.split('?', 2)[1] ?? '',
          cookieState: readStateCookie(services, request.headers.cookie),
          address: request.ip,
          userAgent: request.headers['user-agent'] ?? '',
        });
        reply.header('set-cookie', await services.auth.sessionCookie(sessionToken));
        return reply.redirect(`${publicUrl}${nextPath}`, 303);
      } catch (error) {
        return leadToSignIn(publicUrl, request, reply, error);
      }
    },
  );
}
