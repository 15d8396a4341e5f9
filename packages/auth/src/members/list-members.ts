// Who belongs to an organization, by e-mail address, a page at a time. Reads only.
import type { Role } from '@sena/contracts/domain/principal';
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { OrganizationMember } from '@sena/contracts/http/members';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';

interface MemberRow {
  userId: string;
  email: string;
  name: string;
  role: Role;
  scope: string | null;
  createdAt: Date;
  twoFactorEnabled: boolean;
}

const columns = `m."userId", u.email, u.name, m.role, m.scope, m."createdAt", u."twoFactorEnabled"`;

export async function listMembers(
  pool: pg.Pool,
  organizationId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: OrganizationMember[]; nextCursor: string | null }> {
  // An address is one member's in an organization, which no constraint says: two with one would be told apart by their ids.
  const [afterEmail, afterId] = decodeCursor(page.cursor, 2) ?? [];
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<MemberRow>(
      `select ${columns} from "member" m join "user" u on u.id = m."userId"
       where m."organizationId" = $1 and ($2::text is null or (u.email, u.id) > ($2, $3)) order by u.email, u.id limit $4`,
      [organizationId, afterEmail ?? null, afterId ?? null, page.limit + 1],
    ),
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toMember),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.email, last.userId]) : null,
  };
}

/** null: no such member of this organization. */
export async function readMember(
  client: pg.PoolClient,
  organizationId: string,
  userId: string,
): Promise<OrganizationMember | null> {
  const found = await client.query<MemberRow>(
    `select ${columns} from "member" m join "user" u on u.id = m."userId" where m."organizationId" = $1 and m."userId" = $2`,
    [organizationId, userId],
  );
  return found.rows[0] === undefined ? null : toMember(found.rows[0]);
}

function toMember(row: MemberRow): OrganizationMember {
  return {
    id: row.userId,
    email: row.email,
    name: row.name,
    role: row.role,
    scope: row.scope,
    secondFactor: row.twoFactorEnabled,
    joinedAt: row.createdAt.toISOString(),
  };
}
