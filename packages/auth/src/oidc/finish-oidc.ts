// A browser comes back from its provider. Its word is believed about addresses of its own domains and members of its own organization
// alone. Writes identity, audited by trigger.
import * as oidc from 'openid-client';
import type { SenaAuth } from '../open-auth.ts';
import { hashState } from '../providers/attempts.ts';
import {
  type Asserted,
  beginProviderSession,
  refused,
  refuseForeignAddress,
} from '../providers/begin-provider-session.ts';
import { findProvider, type OidcProviderRow } from '../providers/provider.ts';
import { asDiscovered, discover, type OidcSettings } from './begin-oidc.ts';

interface Attempt {
  provider_id: string;
  nonce: string;
  code_verifier: string;
  next_path: string;
}

/** `cookieState`: what this browser was given at the beginning. Throws `unauthenticated` with the reason as its cause. */
export async function finishOidc(
  auth: SenaAuth,
  settings: OidcSettings,
  callback: { query: string; cookieState: string | undefined; address: string; userAgent: string },
): Promise<{ sessionToken: string; nextPath: string }> {
  const parameters = new URLSearchParams(callback.query);
  const state = parameters.get('state');
  if (state === null || state !== callback.cookieState) throw refused('the state is not the one of this browser');
  const found = await auth.pool.query<Attempt>(
    'delete from sign_in_attempts where state_sha256 = $1 and nonce is not null and expires_at > now() returning provider_id, nonce, code_verifier, next_path',
    [hashState(state)],
  );
  const attempt = found.rows[0];
  if (attempt === undefined) throw refused('the sign-in is over, or never began');
  const provider = await findProvider(auth.pool, attempt.provider_id);
  if (provider?.kind !== 'oidc') throw refused('the provider is gone');
  const asserted = await readAssertion(auth, settings, provider, { attempt, parameters, state });
  const sessionToken = await beginProviderSession(auth, provider, asserted, callback);
  return { sessionToken, nextPath: attempt.next_path };
}

/** Signature, issuer, audience, expiry, nonce and code verifier are judged by openid-client. */
async function readAssertion(
  auth: SenaAuth,
  settings: OidcSettings,
  provider: OidcProviderRow,
  { attempt, parameters, state }: { attempt: Attempt; parameters: URLSearchParams; state: string },
): Promise<Asserted> {
  const config = await discover(settings, asDiscovered(auth, provider));
  const url = new URL(settings.redirectUri);
  url.search = parameters.toString();
  let claims: Record<string, unknown> & { sub: string };
  try {
    const tokens = await oidc.authorizationCodeGrant(config, url, {
      pkceCodeVerifier: attempt.code_verifier,
      expectedState: state,
      expectedNonce: attempt.nonce,
      idTokenExpected: true,
    });
    const idToken = tokens.claims();
    if (idToken === undefined) throw new Error('there is no ID token');
    claims = idToken.email === undefined ? await oidc.fetchUserInfo(config, tokens.access_token, idToken.sub) : idToken;
  } catch (error) {
    throw refused('the provider’s answer does not hold', error);
  }
  const email = typeof claims.email === 'string' ? claims.email.toLowerCase() : '';
  if (claims.email_verified !== true) throw refused('the provider has not verified the e-mail address');
  refuseForeignAddress(provider, email);
  const name = typeof claims.name === 'string' && claims.name.trim() !== '' ? claims.name.trim().slice(0, 200) : email;
  return { subject: claims.sub, email, name };
}
