// A browser is sent to its organization's provider. What comes back has to fit what was kept here: state, nonce, code verifier.
// Writes sign_in_attempts only.
import { createHash } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';
import * as oidc from 'openid-client';
import type { SenaAuth } from '../open-auth.ts';
import { type GuardedFetch, openGuardedFetch } from './guarded-fetch.ts';
import { findProvider, openSecret, type ProviderRow } from './provider.ts';

export interface OidcSettings {
  /** Where the provider sends the browser back to. */
  readonly redirectUri: string;
  readonly allowedNetworks: readonly string[];
}

const attemptMinutes = 10;

/** `state` belongs into a cookie of this browser. Throws `not_found`, `backend_unavailable`. */
export async function beginSignIn(
  auth: SenaAuth,
  settings: OidcSettings,
  { providerId, nextPath }: { providerId: string; nextPath: string },
): Promise<{ url: string; state: string }> {
  const provider = await findProvider(auth.pool, providerId);
  if (provider === null) {
    throw new SenaError(
      'not_found',
      'This sign-in link leads nowhere. Ask an owner of your organization for the current one.',
    );
  }
  const config = await discover(settings, asDiscovered(auth, provider));
  const state = oidc.randomState();
  const nonce = oidc.randomNonce();
  const codeVerifier = oidc.randomPKCECodeVerifier();
  await auth.pool.query('delete from sign_in_attempts where expires_at < now()');
  await auth.pool.query(
    `insert into sign_in_attempts (state_sha256, provider_id, nonce, code_verifier, next_path, expires_at)
     values ($1, $2, $3, $4, $5, now() + interval '${attemptMinutes} minutes')`,
    [hashState(state), provider.id, nonce, codeVerifier, nextPath],
  );
  const url = oidc.buildAuthorizationUrl(config, {
    redirect_uri: settings.redirectUri,
    scope: 'openid email profile',
    state,
    nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
  });
  return { url: url.href, state };
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

export function asDiscovered(auth: SenaAuth, provider: ProviderRow) {
  const { issuer, client_id: clientId, client_secret: sealed } = provider;
  return { issuer, clientId, clientSecret: openSecret(auth.authSecret, sealed) };
}

export function hashState(state: string): string {
  return createHash('sha256').update(state).digest('hex');
}
