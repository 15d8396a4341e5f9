// The organizations that a person belongs to, and a session's move from one to another. Writes a session's organization only.
import type { Role } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';

/** All of them for a session of the person's own; for an API key (`sessionId` null) and for a session of a provider the one they are of. */
export async function listOrganizations(
  pool: pg.Pool,
  asking: { userId: string; organizationId: string; sessionId: string | null },
): Promise<Array<{ id: string; name: string; role: Role }>> {
  const { userId, organizationId, sessionId } = asking;
  const session = await pool.query(
    'select from session where id = $1 and "userId" = $2 and "signInProviderId" is null',
    [sessionId, userId],
  );
  const read = (from: pg.Pool | pg.PoolClient): Promise<pg.QueryResult<{ id: string; name: string; role: Role }>> =>
    from.query('select id, name, role from organizations_of($1) order by name, id', [userId]);
  const found = session.rowCount === 1 ? await read(pool) : await inIdentityOf(pool, organizationId, null, read);
  return found.rows;
}

/**
 * Throws `not_found` for an organization that the person does not belong to, and for a session that an organization's provider began: it
 * speaks for its own organization alone.
 */
export async function switchOrganization(
  pool: pg.Pool,
  session: { id: string; userId: string },
  organizationId: string,
): Promise<void> {
  const switched = await pool.query(
    `update session set "activeOrganizationId" = $3, "updatedAt" = now()
     where id = $1 and "userId" = $2 and "signInProviderId" is null and exists (select from membership($2, $3))`,
    [session.id, session.userId, organizationId],
  );
  if (switched.rowCount === 0) throw new SenaError('not_found', 'You belong to no organization with this id.');
}
