// GET /api/auth/saml/finish: a browser comes back from its SAML provider, with the cookie that it left with. Every answer leads to a page.
import { finishSaml } from '@sena/auth/saml/finish-saml';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { leadToSignIn } from './lead-to-sign-in.ts';
import { readStateCookie, stateCookie } from './provider-settings.ts';

export const finishPath = '/api/auth/saml/finish';

export function getSamlFinish(app: GatewayApp, services: Services): void {
  app.get(
    finishPath,
    {
      config: { access: 'public', rateLimit: { max: services.settings.limits.enrolmentsPerMinute } },
      schema: { hide: true },
    },
    async (request, reply) => {
      const { publicUrl } = services.settings;
      reply.header('set-cookie', stateCookie(services, '', 0));
      try {
        const { sessionToken, nextPath } = await finishSaml(services.auth, {
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
