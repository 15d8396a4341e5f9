// The tokens that an organization's directory shows: for SCIM and nothing else, kept as hashes, for a time. Writes identity, audited by trigger.
import { createHash, randomBytes } from 'node:crypto';
import { actorOf, type Member } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { ScimToken } from '@sena/contracts/http/scim';
import { newId } from '@sena/contracts/ids';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';

const prefix = 'sena_scim_';
const tokensMax = 1_000;

/** What a directory may speak about: one organization. */
export interface Directory {
  readonly organizationId: string;
  readonly tokenId: string;
}

interface TokenRow {
  id: string;
  name: string;
  created_by: string;
  created_by_name: string;
  created_at: Date;
  expires_at: Date;
  last_used_at: Date | null;
}

const columns = `t.id, t.name, t.created_by, u.name as created_by_name, t.created_at, t.expires_at, t.last_used_at
  from scim_tokens t join "user" u on u.id = t.created_by`;

/** null: no such token, or its time is over. */
export async function findDirectory(pool: pg.Pool, authorization: string | undefined): Promise<Directory | null> {
  const token = /^Bearer (sena_scim_[A-Za-z0-9_-]{20,100})$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) return null;
  const found = await pool.query<{ id: string; organization_id: string; stale: boolean }>(
    `select id, organization_id, coalesce(last_used_at < now() - interval '1 minute', true) as stale
     from scim_tokens where token_sha256 = $1 and expires_at > now()`,
    [hashToken(token)],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  if (row.stale) await pool.query('update scim_tokens set last_used_at = now() where id = $1', [row.id]);
  return { organizationId: row.organization_id, tokenId: row.id };
}

/** In a transaction that acts for `by`. The token is in this answer alone. Throws `conflict`. */
export async function createScimToken(
  client: pg.PoolClient,
  { by, name, expiresInSeconds }: { by: Member; name: string; expiresInSeconds: number },
): Promise<{ scimToken: ScimToken; token: string }> {
  const token = `${prefix}${randomBytes(32).toString('base64url')}`;
  await client.query('select from organization where id = $1 for update', [by.organizationId]);
  const known = await client.query('select from scim_tokens where organization_id = $1', [by.organizationId]);
  if ((known.rowCount ?? 0) >= tokensMax)
    throw new SenaError('conflict', `There are ${tokensMax} tokens already. Revoke one that is not used any more.`);
  const id = newId('scim');
  await client.query(
    `insert into scim_tokens (id, organization_id, name, token_sha256, created_by, expires_at)
     values ($1, $2, $3, $4, $5, now() + $6 * interval '1 second')`,
    [id, by.organizationId, name, hashToken(token), by.userId, expiresInSeconds],
  );
  const made = await client.query<TokenRow>(`select ${columns} where t.id = $1`, [id]);
  return { scimToken: toToken(made.rows[0] as TokenRow), token };
}

/** All of them: there are so many at most. */
export async function listScimTokens(pool: pg.Pool, organizationId: string): Promise<ScimToken[]> {
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<TokenRow>(`select ${columns} where t.organization_id = $1 order by t.id desc`, [organizationId]),
  );
  return found.rows.map(toToken);
}

/** Throws `not_found`. */
export function revokeScimToken(pool: pg.Pool, { by, id }: { by: Member; id: string }): Promise<void> {
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    const revoked = await client.query('delete from scim_tokens where id = $1 and organization_id = $2', [
      id,
      by.organizationId,
    ]);
    if (revoked.rowCount === 0) throw noSuch('scimToken');
  });
}

function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

function toToken(row: TokenRow): ScimToken {
  return {
    id: row.id,
    name: row.name,
    createdBy: { id: row.created_by, name: row.created_by_name },
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
    lastUsedAt: row.last_used_at?.toISOString() ?? null,
  };
}
