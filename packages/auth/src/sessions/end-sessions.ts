// Sessions end at once: one, or all of a member's. Writes identity, audited by trigger.
import { actorOf, type Member } from '@sena/contracts/domain/principal';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { isAllowed } from '../abilities.ts';
import { inIdentityOf } from '../in-identity.ts';
import { refuseWhoseOwner } from '../members/guard-owners.ts';
import { readMember } from '../members/list-members.ts';

/** Somebody else's: by whoever manages members, an owner's by an owner. Returns whose it was. Throws `not_found`, `forbidden`. */
export function endSession(pool: pg.Pool, { by, id }: { by: Member; id: string }): Promise<string> {
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    const found = await client.query<{ userId: string }>(
      `select "userId" from session where id = $1 and "activeOrganizationId" = $2 and ($3::text is null or "userId" = $3) for update`,
      [id, by.organizationId, isAllowed(by, 'members:manage') ? null : by.userId],
    );
    const userId = found.rows[0]?.userId;
    if (userId === undefined) throw noSuch('session');
    await refuseWhoseOwner(client, by, userId);
    await client.query('delete from session where id = $1', [id]);
    return userId;
  });
}

/** All sessions of a member in this organization. Throws `not_found`, `forbidden`. */
export function endSessionsOf(pool: pg.Pool, { by, userId }: { by: Member; userId: string }): Promise<void> {
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    const known = await readMember(client, by.organizationId, userId);
    if (known === null) throw noSuch('member');
    await refuseWhoseOwner(client, by, userId);
    await client.query('delete from session where "userId" = $1 and "activeOrganizationId" = $2', [
      userId,
      by.organizationId,
    ]);
  });
}
