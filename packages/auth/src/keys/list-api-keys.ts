// The API keys of a member, or of a whole organization, newest first, a page at a time. Reads only; the key itself is not among what is kept.
import type { ApiKey } from '@sena/contracts/http/api-keys';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { readPermissions } from './read-permissions.ts';

interface ApiKeyRow {
  id: string;
  name: string | null;
  start: string | null;
  userId: string;
  userName: string;
  permissions: string | null;
  lastRequest: Date | null;
  expiresAt: Date | null;
  has_expired: boolean;
  enabled: boolean | null;
  createdAt: Date;
}

const columns = `k.id, k.name, k.start, u.id as "userId", u.name as "userName", k.permissions, k."lastRequest", k."expiresAt",
  coalesce(k."expiresAt" <= now(), false) as has_expired, k.enabled, k."createdAt"
  from apikey k join "user" u on u.id = k."referenceId"`;

/** `userId` null: everybody’s. */
export async function listApiKeys(
  pool: pg.Pool,
  organizationId: string,
  userId: string | null,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: ApiKey[]; nextCursor: string | null }> {
  // Ids of keys sort by creation.
  const [before] = decodeCursor(page.cursor, 1) ?? [];
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<ApiKeyRow>(
      `select ${columns} where k."organizationId" = $1 and ($2::text is null or k."referenceId" = $2)
         and ($3::text is null or k.id < $3) order by k.id desc limit $4`,
      [organizationId, userId, before ?? null, page.limit + 1],
    ),
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toApiKey),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.id]) : null,
  };
}

/** null: no such key of this organization. */
export async function readApiKey(client: pg.PoolClient, organizationId: string, id: string): Promise<ApiKey | null> {
  const found = await client.query<ApiKeyRow>(`select ${columns} where k."organizationId" = $1 and k.id = $2`, [
    organizationId,
    id,
  ]);
  return found.rows[0] === undefined ? null : toApiKey(found.rows[0]);
}

function toApiKey(row: ApiKeyRow): ApiKey {
  const scopes = readPermissions(row.permissions);
  return {
    id: row.id,
    name: row.name ?? '',
    start: row.start ?? '',
    member: { id: row.userId, name: row.userName },
    // A list that can not be read lets the key do nothing.
    scopes: scopes === 'unreadable' ? [] : scopes,
    status: row.has_expired ? 'expired' : row.enabled === false ? 'disabled' : 'active',
    lastUsedAt: row.lastRequest?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
  };
}
