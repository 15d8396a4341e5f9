// GET /v1/sign-in-provider: where this organization's people sign in besides SENA. Its secret is never told. Reads identity only.
import { readProvider } from '@sena/auth/oidc/provider';
import { type SignInProvider, shownSignInProviderSchema } from '@sena/contracts/http/sign-in';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { oidcSettings } from './oidc-settings.ts';

export function getSignInProvider(app: GatewayApp, services: Services): void {
  app.get(
    '/v1/sign-in-provider',
    {
      config: { access: may.manageSignIn },
      schema: {
        operationId: 'getSignInProvider',
        tags: ['members'],
        summary: 'Read the organization’s sign-in provider',
        response: { 200: shownSignInProviderSchema },
      },
    },
    async (request) => showProvider(services, await readProvider(services.auth.pool, memberOf(request).organizationId)),
  );
}

export function showProvider(services: Services, provider: SignInProvider | null) {
  return {
    provider,
    redirectUri: oidcSettings(services).redirectUri,
    signInUrl: provider === null ? null : `${services.settings.publicUrl}/sign-in?provider=${provider.id}`,
  };
}
