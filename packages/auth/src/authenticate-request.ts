// Who is asking: a member, by session cookie, API key or service token; or nobody, and why. Entered by the gateway before
// anything else of a request is read. Reads identity only.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Member, roleSchema } from '@sena/contracts/domain/principal';
import { readPermissions } from './keys/read-permissions.ts';
import { apiKeyPrefix, type SenaAuth } from './open-auth.ts';
import { verifyServiceToken } from './service-token.ts';

export type Asked =
  | { readonly kind: 'member'; readonly member: Member }
  /** `tried`: something was shown, and it was wrong. `why` is for the log and holds nothing of it. */
  | { readonly kind: 'nobody'; readonly tried: boolean; readonly why: string };

/** An `Authorization` header speaks alone: when it is wrong, a cookie does not help. */
export async function authenticateRequest(auth: SenaAuth, headers: IncomingHttpHeaders): Promise<Asked> {
  if (headers.authorization !== undefined) return byBearer(auth, headers.authorization);
  if (headers.cookie !== undefined) return bySession(auth, headers.cookie);
  return { kind: 'nobody', tried: false, why: 'no key and no session was sent' };
}

async function byBearer(auth: SenaAuth, authorization: string): Promise<Asked> {
  const bearer = /^Bearer ([\x21-\x7e]{1,4096})$/i.exec(authorization)?.[1];
  if (bearer === undefined) return refused('the Authorization header is not a bearer token');
  return bearer.startsWith(apiKeyPrefix) ? byApiKey(auth, bearer) : byServiceToken(auth, bearer);
}

interface KeyRow {
  id: string;
  keyName: string | null;
  permissions: string | null;
  stale: boolean;
  scope: string | null;
  userId: string;
  organizationId: string | null;
  email: string;
  name: string;
  role: string;
  enabled: boolean | null;
  expired: boolean | null;
  counted: boolean;
}

/** One query, and a write once a minute: better-auth's own check would update the key's row at every request. */
async function byApiKey(auth: SenaAuth, key: string): Promise<Asked> {
  const found = await auth.pool.query<KeyRow>(
    `select k.id, k.name as "keyName", k.permissions, m.scope, coalesce(k."lastRequest" < now() - interval '1 minute', true) as stale, k."referenceId" as "userId", m."organizationId", u.email, u.name, m.role, k.enabled,
       k."expiresAt" <= now() as expired, k.remaining is not null as counted
     from apikey k
       join "user" u on u.id = k."referenceId"
       left join membership(k."referenceId", k."organizationId") m on true
     where k.key = $1`,
    [hashApiKey(key)],
  );
  const row = found.rows[0];
  if (row === undefined) return refused('there is no such API key');
  if (row.enabled === false) return refused('the API key is disabled');
  if (row.expired === true) return refused('the API key has expired');
  if (row.counted) return refused('the API key has a number of uses, which SENA does not issue');
  if (row.organizationId === null) return refused('the owner of the API key is not a member of its organization');
  const keyPermissions = readPermissions(row.permissions);
  if (keyPermissions === 'unreadable') return refused('the scopes of the API key can not be read');
  if (row.stale) await noteUse(auth, row.id);
  const usedKey = { id: row.id, name: row.keyName ?? '' };
  const proof = { by: 'api_key', credentialId: row.id, key: usedKey, keyPermissions } as const;
  return member({ ...row, organizationId: row.organizationId }, proof);
}

async function bySession(auth: SenaAuth, cookie: string): Promise<Asked> {
  const session = await auth.readSession(new Headers({ cookie }));
  if (session === null) return refused('the session is forged, ended or expired');
  if (session.activeOrganizationId === null) return refused('the session is of no organization');
  return byMembership(auth, session.userId, session.activeOrganizationId, {
    by: 'session',
    credentialId: session.sessionId,
    key: null,
    keyPermissions: null,
  });
}

async function byServiceToken(auth: SenaAuth, token: string): Promise<Asked> {
  const verified = await verifyServiceToken(auth.serviceTokenSecret, 'gateway', token);
  if (verified.kind === 'refused') return refused(`neither an API key nor a service token: ${verified.why}`);
  const { actingMember, organizationId, service } = verified.identity;
  if (actingMember === null) return refused(`${service} does not say for which member it acts`);
  return byMembership(auth, actingMember, organizationId, {
    by: 'service_token',
    credentialId: null,
    key: null,
    keyPermissions: null,
  });
}

async function byMembership(auth: SenaAuth, userId: string, organizationId: string, proof: Proof): Promise<Asked> {
  const found = await auth.pool.query<{ email: string; name: string; role: string; scope: string | null }>(
    `select u.email, u.name, m.role, m.scope from membership($1, $2) m join "user" u on u.id = m."userId"`,
    [userId, organizationId],
  );
  const row = found.rows[0];
  if (row === undefined) return refused('the user is not a member of the organization');
  return member({ userId, organizationId, ...row }, proof);
}

type Proof = Pick<Member, 'by' | 'credentialId' | 'key' | 'keyPermissions'>;

function member(
  row: { userId: string; organizationId: string; email: string; name: string; role: string; scope: string | null },
  proof: Proof,
): Asked {
  const role = roleSchema.safeParse(row.role);
  if (!role.success) return refused(`the member has a role that does not exist (${row.role})`);
  const { userId, organizationId, email, name, scope } = row;
  const { by, credentialId, key, keyPermissions } = proof;
  return {
    kind: 'member',
    member: {
      ...{ kind: 'member', organizationId, userId, email, name, role: role.data, scope },
      ...{ by, credentialId, key, keyPermissions },
    },
  };
}

async function noteUse(auth: SenaAuth, keyId: string): Promise<void> {
  await auth.pool.query('update apikey set "lastRequest" = now() where id = $1', [keyId]);
}

/** As @better-auth/api-key stores it: SHA-256, base64url without padding. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function refused(why: string): Asked {
  return { kind: 'nobody', tried: true, why };
}
