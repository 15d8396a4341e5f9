// How this gateway speaks to providers. Pure.
import type { OidcSettings } from '@sena/auth/oidc/begin-sign-in';
import type { Services } from '../../services.ts';

export const callbackPath = '/api/auth/oidc/callback';

export function oidcSettings({ settings }: Services): OidcSettings {
  return {
    redirectUri: `${settings.publicUrl}${callbackPath}`,
    allowedNetworks: settings.signInProviderNetworks,
  };
}

/** Held by the browser between leaving for its provider and coming back. */
export function stateCookie(services: Services, state: string, seconds: number): string {
  const secure = services.settings.publicUrl.startsWith('https:') ? '; Secure' : '';
  // Lax: the provider's redirect is a navigation from another site.
  return `sena.oidc_state=${state}; Path=${callbackPath}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

export function readStateCookie(header: string | undefined): string | undefined {
  return /(?:^|;\s*)sena\.oidc_state=([\w-]+)/.exec(header ?? '')?.[1];
}
