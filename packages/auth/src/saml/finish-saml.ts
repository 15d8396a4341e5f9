// The browser that left for its SAML provider is back, with its cookie: what the provider has said about it becomes a session.
// Writes identity, audited by trigger.
import type { SenaAuth } from '../open-auth.ts';
import { hashState } from '../providers/attempts.ts';
import { type Asserted, beginProviderSession, refused } from '../providers/begin-provider-session.ts';
import { findProvider } from '../providers/provider.ts';

/** `cookieState`: what this browser was given at the beginning. Throws `unauthenticated` with the reason as its cause. */
export async function finishSaml(
  auth: SenaAuth,
  from: { cookieState: string | undefined; address: string; userAgent: string },
): Promise<{ sessionToken: string; nextPath: string }> {
  if (from.cookieState === undefined || from.cookieState === '') throw refused('this browser has begun no sign-in');
  const found = await auth.pool.query<{ provider_id: string; asserted: Asserted; next_path: string }>(
    `delete from sign_in_attempts where state_sha256 = $1 and asserted is not null and expires_at > now()
     returning provider_id, asserted, next_path`,
    [hashState(from.cookieState)],
  );
  const attempt = found.rows[0];
  if (attempt === undefined) throw refused('the sign-in is over, or of another browser');
  const provider = await findProvider(auth.pool, attempt.provider_id);
  if (provider?.kind !== 'saml') throw refused('the provider is gone');
  return {
    sessionToken: await beginProviderSession(auth, provider, attempt.asserted, from),
    nextPath: attempt.next_path,
  };
}
