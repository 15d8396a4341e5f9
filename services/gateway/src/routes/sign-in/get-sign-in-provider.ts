// GET /v1/sign-in-provider: where this organization's people sign in besides SENA. Its secret is never told. Reads identity only.
import { readProvider } from '@sena/auth/providers/provider';
import { type SignInProvider, shownSignInProviderSchema } from '@sena/contracts/http/sign-in';
import type { GatewayApp } from '../../gateway-app.ts';
import { memberOf } from '../../member-of.ts';
import { may } from '../../permissions.ts';
import type { Services } from '../../services.ts';
import { oidcSettings, samlSettings } from './provider-settings.ts';

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
    async (request) => {
      const { organizationId } = memberOf(request);
      return showProvider(services, organizationId, await readProvider(services.auth.pool, organizationId));
    },
  );
}

export function showProvider(services: Services, organizationId: string, provider: SignInProvider | null) {
  const { acsUrl, entityId } = samlSettings(services);
  return {
    provider,
    redirectUri: oidcSettings(services).redirectUri,
    saml: { acsUrl, entityId: entityId(organizationId), metadataUrl: entityId(organizationId) },
    signInUrl: provider === null ? null : `${services.settings.publicUrl}/sign-in?provider=${provider.id}`,
  };
}
