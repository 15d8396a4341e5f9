// Who is asking: a member, by session cookie, API key or service token; or nobody, and why. Entered by the gateway before
// anything else of a request is read. Reads identity only.
import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { type Member, roleSchema } from '@sena/contracts/domain/principal';
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
  userId: string;
  organizationId: string | null;
  email: string;
  name: string;
  role: string;
  enabled: boolean | null;
  expired: boolean | null;
  counted: boolean;
}

/** One query and no write: better-auth's own check would update the key's row at every request. */
async function byApiKey(auth: SenaAuth, key: string): Promise<Asked> {
  const found = await auth.pool.query<KeyRow>(
    `select k."referenceId" as "userId", m."organizationId", u.email, u.name, m.role, k.enabled,
       k."expiresAt" <= now() as expired, k.remaining is not null as counted
     from apikey k
       join "user" u on u.id = k."referenceId"
       left join "member" m on m."userId" = u.id and m."organizationId" = k.metadata::jsonb ->> 'organizationId'
     where k.key = $1`,
    [hashApiKey(key)],
  );
  const row = found.rows[0];
  if (row === undefined) return refused('there is no such API key');
  if (row.enabled === false) return refused('the API key is disabled');
  if (row.expired === true) return refused('the API key has expired');
  if (row.counted) return refused('the API key has a number of uses, which SENA does not issue');
  if (row.organizationId === null) return refused('the owner of the API key is not a member of its organization');
  return member({ ...row, organizationId: row.organizationId }, 'api_key');
}

async function bySession(auth: SenaAuth, cookie: string): Promise<Asked> {
  const session = await auth.readSession(new Headers({ cookie }));
  if (session === null) return refused('the session is forged, ended or expired');
  if (session.activeOrganizationId === null) return refused('the session is of no organization');
  return byMembership(auth, session.userId, session.activeOrganizationId, 'session');
}

async function byServiceToken(auth: SenaAuth, token: string): Promise<Asked> {
  const verified = await verifyServiceToken(auth.serviceTokenSecret, 'gateway', token);
  if (verified.kind === 'refused') return refused(`neither an API key nor a service token: ${verified.why}`);
  const { actingMember, organizationId, service } = verified.identity;
  if (actingMember === null) return refused(`${service} does not say for which member it acts`);
  return byMembership(auth, actingMember, organizationId, 'service_token');
}

async function byMembership(auth: SenaAuth, userId: string, organizationId: string, by: Member['by']): Promise<Asked> {
  const found = await auth.pool.query<{ email: string; name: string; role: string }>(
    `select u.email, u.name, m.role from "member" m join "user" u on u.id = m."userId"
     where m."userId" = $1 and m."organizationId" = $2`,
    [userId, organizationId],
  );
  const row = found.rows[0];
  if (row === undefined) return refused('the user is not a member of the organization');
  return member({ userId, organizationId, ...row }, by);
}

function member(
  row: { userId: string; organizationId: string; email: string; name: string; role: string },
  by: Member['by'],
): Asked {
  const role = roleSchema.safeParse(row.role);
  if (!role.success) return refused(`the member has a role that does not exist (${row.role})`);
  const { userId, organizationId, email, name } = row;
  return { kind: 'member', member: { kind: 'member', organizationId, userId, email, name, role: role.data, by } };
}

/** As @better-auth/api-key stores it: SHA-256, base64url without padding. */
export function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('base64url');
}

function refused(why: string): Asked {
  return { kind: 'nobody', tried: true, why };
}
