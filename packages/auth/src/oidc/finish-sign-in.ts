// A browser comes back from its provider. Its word is believed about addresses of its own domains and members of its own organization
// alone: the session that begins here is of that organization, and moves to no other one. Writes identity, audited by trigger.
import { randomBytes } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import * as oidc from 'openid-client';
import type pg from 'pg';
import { inIdentity } from '../in-identity.ts';
import type { SenaAuth } from '../open-auth.ts';
import { asDiscovered, discover, hashState, type OidcSettings } from './begin-sign-in.ts';
import { findProvider, type ProviderRow } from './provider.ts';

const sessionHours = 12;

interface Attempt {
  provider_id: string;
  nonce: string;
  code_verifier: string;
  next_path: string;
}

interface Asserted {
  readonly subject: string;
  readonly email: string;
  readonly name: string;
}

/** `cookieState`: what this browser was given at the beginning. Throws `unauthenticated` with the reason as its cause. */
export async function finishSignIn(
  auth: SenaAuth,
  settings: OidcSettings,
  callback: { query: string; cookieState: string | undefined; address: string; userAgent: string },
): Promise<{ sessionToken: string; nextPath: string }> {
  const parameters = new URLSearchParams(callback.query);
  const state = parameters.get('state');
  if (state === null || state !== callback.cookieState) throw refused('the state is not the one of this browser');
  const found = await auth.pool.query<Attempt>(
    'delete from sign_in_attempts where state_sha256 = $1 and expires_at > now() returning provider_id, nonce, code_verifier, next_path',
    [hashState(state)],
  );
  const attempt = found.rows[0];
  if (attempt === undefined) throw refused('the sign-in is over, or never began');
  const provider = await findProvider(auth.pool, attempt.provider_id);
  if (provider === null) throw refused('the provider is gone');
  const asserted = await readAssertion(auth, settings, provider, { attempt, parameters, state });
  const sessionToken = await beginSession(auth, provider, asserted, callback);
  return { sessionToken, nextPath: attempt.next_path };
}

/** Signature, issuer, audience, expiry, nonce and code verifier are judged by openid-client. */
async function readAssertion(
  auth: SenaAuth,
  settings: OidcSettings,
  provider: ProviderRow,
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
  if (!/^[^@\s]+@[^@\s]+$/.test(email)) throw refused('the provider names no e-mail address');
  if (claims.email_verified !== true) throw refused('the provider has not verified the e-mail address');
  if (!provider.domains.includes(email.slice(email.indexOf('@') + 1)))
    throw refused('the address is of another domain');
  const name = typeof claims.name === 'string' && claims.name.trim() !== '' ? claims.name.trim().slice(0, 200) : email;
  return { subject: claims.sub, email, name };
}

function beginSession(
  auth: SenaAuth,
  provider: ProviderRow,
  asserted: Asserted,
  from: { address: string; userAgent: string },
): Promise<string> {
  return inIdentity(auth.pool, 'service:identity', async (client) => {
    const userId = await whoIsIt(client, provider, asserted);
    await client.query(`select set_config('sena.actor', $1, true)`, [`member:${userId}`]);
    const token = randomBytes(32).toString('base64url');
    await client.query(
      `insert into session (id, token, "userId", "activeOrganizationId", "signInProviderId", "ipAddress", "userAgent", "expiresAt", "updatedAt")
       values ($1, $2, $3, $4, $5, $6, $7, now() + interval '${sessionHours} hours', now())`,
      [newId('sess'), token, userId, provider.organization_id, provider.id, from.address, from.userAgent.slice(0, 500)],
    );
    return token;
  });
}

/**
 * Who signed in before is known by the provider's own name for them, not by an address that may pass to somebody else. An address that SENA
 * knows and that is no member of this organization is not taken over: that person joins by invitation.
 */
async function whoIsIt(client: pg.PoolClient, provider: ProviderRow, asserted: Asserted): Promise<string> {
  await client.query('select from sign_in_providers where id = $1 for update', [provider.id]);
  const linked = await client.query<{ userId: string; isMember: boolean }>(
    `select a."userId", exists (select from "member" m where m."userId" = a."userId" and m."organizationId" = $3) as "isMember"
     from account a where a."providerId" = $1 and a."accountId" = $2`,
    [provider.id, asserted.subject, provider.organization_id],
  );
  const known = linked.rows[0];
  // Whoever was removed does not come back by signing in.
  if (known !== undefined && !known.isMember) throw refused('the person is not a member any more');
  if (known !== undefined) return known.userId;

  const sameAddress = await client.query<{ id: string; isMember: boolean; isLinked: boolean }>(
    `select u.id, exists (select from "member" m where m."userId" = u.id and m."organizationId" = $2) as "isMember",
       exists (select from account a where a."userId" = u.id and a."providerId" = $3) as "isLinked"
     from "user" u where u.email = $1`,
    [asserted.email, provider.organization_id, provider.id],
  );
  const user = sameAddress.rows[0];
  if (user !== undefined && (!user.isMember || user.isLinked)) throw refused('the address is somebody else’s');
  const userId = user?.id ?? (await createMember(client, provider, asserted));
  await client.query(
    `insert into account (id, "accountId", "providerId", "userId", "updatedAt") values ($1, $2, $3, $4, now())`,
    [newId('acct'), asserted.subject, provider.id, userId],
  );
  return userId;
}

async function createMember(client: pg.PoolClient, provider: ProviderRow, asserted: Asserted): Promise<string> {
  const userId = newId('user');
  await client.query(`insert into "user" (id, name, email, "emailVerified") values ($1, $2, $3, true)`, [
    userId,
    asserted.name,
    asserted.email,
  ]);
  await client.query(
    `insert into "member" (id, "organizationId", "userId", role, scope, "createdAt") values ($1, $2, $3, $4, $5, now())`,
    [newId('memb'), provider.organization_id, userId, provider.default_role, provider.default_scope],
  );
  return userId;
}

function refused(why: string, cause?: unknown): SenaError {
  return new SenaError(
    'unauthenticated',
    'Your organization’s provider did not sign you in. Try again, or ask an owner.',
    {
      cause: new Error(why, { cause }),
    },
  );
}
