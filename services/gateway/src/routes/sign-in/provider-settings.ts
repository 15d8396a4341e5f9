// How this gateway speaks to providers. Pure.
import type { OidcSettings } from '@sena/auth/oidc/begin-oidc';
import type { SamlSettings } from '@sena/auth/saml/open-saml';
import type { Services } from '../../services.ts';

export const callbackPath = '/api/auth/oidc/callback';

export function oidcSettings({ settings }: Services): OidcSettings {
  return {
    redirectUri: `${settings.publicUrl}${callbackPath}`,
    allowedNetworks: settings.signInProviderNetworks,
  };
}

export const acsPath = '/api/auth/saml/acs';

export function samlSettings({ settings }: Services): SamlSettings {
  return {
    acsUrl: `${settings.publicUrl}${acsPath}`,
    entityId: (organizationId) => `${settings.publicUrl}/api/auth/saml/${organizationId}/metadata`,
  };
}

/** Held by the browser between leaving for its provider and coming back. */
export function stateCookie(services: Services, state: string, seconds: number): string {
  // Lax: the provider's redirect is a navigation from another site.
  const secure = isSecure(services) ? '; Secure' : '';
  return `${cookieName(services)}=${state}; Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

export function readStateCookie(services: Services, header: string | undefined): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2);
    if (name === cookieName(services)) return value;
  }
  return undefined;
}

/** Over https no other host can set it. */
function cookieName(services: Services): string {
  return `${isSecure(services) ? '__Host-' : ''}sena.sign_in_state`;
}

function isSecure({ settings }: Services): boolean {
  return settings.publicUrl.startsWith('https:');
}
