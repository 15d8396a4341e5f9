// A browser is sent to its organization's OpenID Connect provider. What comes back has to fit what was kept here: state, nonce, code verifier.
// Writes sign_in_attempts only.
import { SenaError } from '@sena/contracts/errors';
import * as oidc from 'openid-client';
import type { SenaAuth } from '../open-auth.ts';
import { keepAttempt } from '../providers/attempts.ts';
import { type OidcProviderRow, openSecret } from '../providers/provider.ts';
import { type GuardedFetch, openGuardedFetch } from './guarded-fetch.ts';

export interface OidcSettings {
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  readonly allowedNetworks: readonly string[];
}

/** `state` is the one of this browser's cookie. Throws `backend_unavailable`. */
export async function beginOidc(
  auth: SenaAuth,
  settings: OidcSettings,
  { provider, state, nextPath }: { provider: OidcProviderRow; state: string; nextPath: string },
): Promise<string> {
  const config = await discover(settings, asDiscovered(auth, provider));
  const nonce = oidc.randomNonce();
  const codeVerifier = oidc.randomPKCECodeVerifier();
  await keepAttempt(auth.pool, { providerId: provider.id, state, nextPath, kind: 'oidc', nonce, codeVerifier });
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirectUri,
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  return url.href;
}

/** Also when a provider is set: what can't be discovered can't be signed in with. Throws `backend_unavailable`, `validation_failed`. */
export async function discover(
  settings: OidcSettings,
  provider: { issuer: string; clientId: string; clientSecret: string },
): Promise<oidc.Configuration> {
  const fetch = openGuardedFetch(settings.allowedNetworks);
  try {
    return await oidc.discovery(new URL(provider.issuer), provider.clientId, provider.clientSecret, undefined, {
      [oidc.customFetch]: fetch as GuardedFetch & oidc.CustomFetch,
      // Plain http is refused by the guard, except in networks that were allowed.
      execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
      timeout: 10,
    });
  } catch (error) {
    if (error instanceof SenaError) throw error;
    const guarded = causeOf(error);
    if (guarded !== null) throw guarded;
    throw new SenaError(
      'backend_unavailable',
      'Your organization’s sign-in provider does not answer as it should. Try again, or tell an owner.',
      {
        cause: error,
      },
    );
  }
}

function causeOf(error: unknown): SenaError | null {
  for (let at = error; at instanceof Error; at = at.cause) if (at instanceof SenaError) return at;
  return null;
}

export function asDiscovered(auth: SenaAuth, provider: OidcProviderRow) {
  const { issuer, client_id: clientId, client_secret: sealed } = provider;
  return { issuer, clientId, clientSecret: openSecret(auth.authSecret, sealed) };
}
