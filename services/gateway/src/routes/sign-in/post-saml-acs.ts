// POST /api/auth/saml/acs: an organization's SAML provider has a browser post its answer here. The post comes from another site, so no cookie
// of ours is read: the browser is sent on to get-saml-finish, which looks at its cookie. It is a page's address, so every answer leads to a page.
import { answerSaml } from '@sena/auth/saml/answer-saml';
import { responseBytesMax } from '@sena/auth/saml/parse-response';
import type { GatewayApp } from '../../gateway-app.ts';
import type { Services } from '../../services.ts';
import { finishPath } from './get-saml-finish.ts';
import { leadToSignIn } from './lead-to-sign-in.ts';
import { acsPath, samlSettings } from './provider-settings.ts';

/** Base64, and its `+` and `/` written as three. */
const bodyBytesMax = responseBytesMax * 2;

export function postSamlAcs(app: GatewayApp, services: Services): void {
  // Forms are read here and nowhere else.
  void app.register(async (forms: GatewayApp) => {
    forms.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
      done(null, new URLSearchParams(body as string));
    });
    forms.post(
      acsPath,
      {
        bodyLimit: bodyBytesMax,
        config: {
          access: 'public',
          fromOtherSites: true,
          rateLimit: { max: services.settings.limits.enrolmentsPerMinute },
        },
        schema: { hide: true },
      },
      async (request, reply) => {
        const { publicUrl } = services.settings;
        try {
          const posted = request.body instanceof URLSearchParams ? request.body.get('SAMLResponse') : null;
          await answerSaml(services.auth, samlSettings(services), posted ?? '');
          return reply.redirect(`${publicUrl}${finishPath}`, 303);
        } catch (error) {
          return leadToSignIn(publicUrl, request, reply, error);
        }
      },
    );
  });
}
