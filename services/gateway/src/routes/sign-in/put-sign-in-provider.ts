// PUT /v1/sign-in-provider: an owner says which provider speaks for the organization's people. One of OpenID Connect is asked once, so that
// a mistake shows here and not at the next sign-in.
import { discover } from '@sena/auth/oidc/begin-oidc';
import { setProvider } from '@sena/auth/providers/provider';
import { readCertificate } from '@sena/auth/saml/read-certificate';
import { setSignInProviderBodySchema, shownSignInProviderSchema } from '@sena/contracts/http/sign-in';
import type { z } from 'zod';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import { declareProblems } from '../../problems/declare-problems.ts';
import { requireReadableScope } from '../../require-readable-scope.ts';
import type { Services } from '../../services.ts';
import { showProvider } from './get-sign-in-provider.ts';
import { oidcSettings } from './provider-settings.ts';

export function putSignInProvider(app: GatewayApp, services: Services): void {
  app.put(
    '/v1/sign-in-provider',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'setSignInProvider',
        tags: ['members'],
        summary: 'Set the organization’s sign-in provider (OpenID Connect or SAML)',
        description:
          'Register `redirectUri` there, or for SAML what `saml` says. It is believed about verified e-mail addresses of `domains` and about members of this organization ' +
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
      if (body.defaultScope !== null) requireReadableScope(body.defaultScope, 'defaultScope');
      const by = memberOf(request);
      return showProvider(
        services,
        by.organizationId,
        await setProvider(services.auth, by, await proved(services, body)),
      );
    },
  );
}

/** What can't be discovered, or has no key whose signatures are worth something, can't be signed in with. */
async function proved(services: Services, body: z.infer<typeof setSignInProviderBodySchema>) {
  if (body.kind === 'saml') return { ...body, certificates: body.certificates.map(readCertificate) };
  await discover(oidcSettings(services), body);
  return body;
}
