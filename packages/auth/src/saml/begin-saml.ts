// A browser is sent to its organization's SAML provider, by redirect. What comes back answers this request and no other one.
// Writes sign_in_attempts only.
import { randomBytes } from 'node:crypto';
import type { SenaAuth } from '../open-auth.ts';
import { keepAttempt } from '../providers/attempts.ts';
import type { SamlProviderRow } from '../providers/provider.ts';
import { openSaml, type SamlSettings } from './open-saml.ts';

/** `state` is the one of this browser's cookie. */
export async function beginSaml(
  auth: SenaAuth,
  settings: SamlSettings,
  { provider, state, nextPath }: { provider: SamlProviderRow; state: string; nextPath: string },
): Promise<string> {
  // Begins with a letter, as XML wants of an id.
  const requestId = `r${randomBytes(32).toString('hex')}`;
  const saml = openSaml(settings, provider, requestId);
  const url = await saml.getAuthorizeUrlAsync('', undefined, {});
  await keepAttempt(auth.pool, { providerId: provider.id, state, nextPath, kind: 'saml', requestId });
  return url;
}
