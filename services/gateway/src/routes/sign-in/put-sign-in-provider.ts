// PUT /v1/sign-in-provider: an owner says which OpenID Connect provider speaks for the organization's people. It is asked once, so that
// a mistake shows here and not at the next sign-in.
import { discover } from '@sena/auth/oidc/begin-sign-in';
import { setProvider } from '@sena/auth/oidc/provider';
import { setSignInProviderBodySchema, shownSignInProviderSchema } from '@sena/contracts/http/sign-in';
import { parseSelector } from '@sena/fleet/parse-selector';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import type { Services } from '../../services.ts';
import { showProvider } from './get-sign-in-provider.ts';
import { oidcSettings } from './oidc-settings.ts';

export function putSignInProvider(app: GatewayApp, services: Services): void {
  app.put(
    '/v1/sign-in-provider',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'setSignInProvider',
        tags: ['members'],
        summary: 'Set the organization’s sign-in provider (OpenID Connect)',
        description:
          'Register `redirectUri` there. It is believed about verified e-mail addresses of `domains` and about members of this organization ' +
          'alone; whoever signs in for the first time becomes a member with `defaultRole`. Give `signInUrl` to your people.',
        body: setSignInProviderBodySchema,
        response: {
          200: shownSignInProviderSchema,
          ...declareProblems('invalid_selector', 'backend_unavailable'),
        },
      },
    },
    async (request) => {
      const { body } = request;
      if (body.defaultScope !== null) parseSelector(body.defaultScope);
      await discover(oidcSettings(services), body);
      return showProvider(services, await setProvider(services.auth, memberOf(request), body));
    },
  );
}
