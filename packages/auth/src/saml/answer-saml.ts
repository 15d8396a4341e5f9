// A provider's page posts its answer. Another site's post brings no cookie: what holds is kept with its request, until the browser that began
// comes to fetch its session (finish-saml). Writes sign_in_attempts and saml_assertions only.
import { createHash } from 'node:crypto';
import { inIdentity } from '../in-identity.ts';
import type { SenaAuth } from '../open-auth.ts';
import { refused, refuseForeignAddress } from '../providers/begin-provider-session.ts';
import { findProvider, type SamlProviderRow } from '../providers/provider.ts';
import { clockSkewMs, openSaml, type SamlSettings } from './open-saml.ts';
import { parseResponse } from './parse-response.ts';
import { readAssertion } from './read-assertion.ts';

/** Longer than any assertion is taken. */
const rememberedHours = 2;
/** From the provider's page to ours: a redirect. */
const fetchWithinMinutes = 2;

/** `posted`: SAMLResponse. Throws `unauthenticated` with the reason as its cause. */
export async function answerSaml(auth: SenaAuth, settings: SamlSettings, posted: string): Promise<void> {
  const { inResponseTo: requestId } = parseResponse(posted, settings.acsUrl);
  const found = await auth.pool.query<{ provider_id: string }>(
    'select provider_id from sign_in_attempts where request_id = $1 and asserted is null and expires_at > now()',
    [requestId],
  );
  const provider = found.rows[0] === undefined ? null : await findProvider(auth.pool, found.rows[0].provider_id);
  if (provider?.kind !== 'saml') throw refused('nobody has asked, or it was answered already');
  const asserted = readAssertion(await signedAssertion(settings, provider, { posted, requestId }), {
    issuer: provider.issuer,
    entityId: settings.entityId(provider.organization_id),
    acsUrl: settings.acsUrl,
    requestId,
    nowMs: Date.now(),
    skewMs: clockSkewMs,
  });
  refuseForeignAddress(provider, asserted.email);
  await inIdentity(auth.pool, 'service:identity', async (client) => {
    await client.query('delete from saml_assertions where expires_at < now()');
    const fresh = await client.query(
      `insert into saml_assertions (provider_id, assertion_sha256, expires_at)
       values ($1, $2, now() + interval '${rememberedHours} hours') on conflict do nothing`,
      [provider.id, createHash('sha256').update(asserted.id).digest('hex')],
    );
    if (fresh.rowCount === 0) throw refused('the assertion was there before');
    const kept = await client.query(
      `update sign_in_attempts set asserted = $2, expires_at = now() + interval '${fetchWithinMinutes} minutes'
       where request_id = $1 and asserted is null and expires_at > now()`,
      [requestId, JSON.stringify({ subject: asserted.subject, email: asserted.email, name: asserted.name })],
    );
    if (kept.rowCount === 0) throw refused('the sign-in is over, or was answered meanwhile');
  });
}

/** The text that the assertion's own signature covers. Signature, issuer, audience and times are judged by node-saml; the rest by who reads it. */
async function signedAssertion(
  settings: SamlSettings,
  provider: SamlProviderRow,
  { posted, requestId }: { posted: string; requestId: string },
): Promise<string> {
  try {
    const { profile } = await openSaml(settings, provider, requestId).validatePostResponseAsync({
      SAMLResponse: posted,
    });
    const xml = profile?.getAssertionXml?.();
    if (xml === undefined) throw new Error('there is no signed assertion');
    return xml;
  } catch (error) {
    throw refused('the provider’s answer does not hold', error);
  }
}
