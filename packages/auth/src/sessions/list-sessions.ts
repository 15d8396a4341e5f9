// Where a member is signed in, the latest first. Reads only; no session token is among what is read.
import type { Session } from '@sena/contracts/http/sessions';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';

interface SessionRow {
  id: string;
  userAgent: string | null;
  ipAddress: string | null;
  createdAt: Date;
  updatedAt: Date;
  expiresAt: Date;
}

const sessionsShown = 200;

/** Those of this organization: where the person is signed in elsewhere is not its business. Throws `not_found` for who is no member. */
export async function listSessions(
  pool: pg.Pool,
  of: { organizationId: string; userId: string; currentId: string | null },
): Promise<Session[]> {
  const found = await inIdentityOf(pool, of.organizationId, null, async (client) => {
    const member = await client.query('select from "member" where "organizationId" = $1 and "userId" = $2', [
      of.organizationId,
      of.userId,
    ]);
    if (member.rowCount === 0) throw noSuch('member');
    return client.query<SessionRow>(
      `select id, "userAgent", "ipAddress", "createdAt", "updatedAt", "expiresAt" from session
       where "userId" = $1 and "activeOrganizationId" = $2 and "expiresAt" > now() order by "createdAt" desc, id desc limit ${sessionsShown}`,
      [of.userId, of.organizationId],
    );
  });
  return found.rows.map((row) => ({
    id: row.id,
    userAgent: row.userAgent,
    address: row.ipAddress,
    isCurrent: row.id === of.currentId,
    createdAt: row.createdAt.toISOString(),
    renewedAt: row.updatedAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
  }));
}
