// What members are called, by id, for who shows something that names them: one read for all of a page. Row-level security holds: of the
// organization alone, and who has left it is not among them. Reads only.
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';

/** `Ada Owner (ada@example.com)`: two people may have one name. */
export async function nameMembers(
  pool: pg.Pool,
  organizationId: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (userIds.length === 0) return new Map();
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<{ id: string; name: string; email: string }>(
      `select u.id, u.name, u.email from "member" m join "user" u on u.id = m."userId" where m."userId" = any($1)`,
      [[...userIds]],
    ),
  );
  return new Map(found.rows.map(({ id, name, email }) => [id, name === '' ? email : `${name} (${email})`]));
}
