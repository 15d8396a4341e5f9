// A member leaves an organization: their keys and sessions of it end in the same transaction. The person stays who they are in
// other organizations. Writes identity, audited by trigger.
import { actorOf, type Member } from '@sena/contracts/domain/principal';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { lockMembers, refuseAboveOwnRole, refuseLastOwner } from './guard-owners.ts';
import { readMember } from './list-members.ts';

/** Throws `not_found`, `forbidden`, `last_owner`. */
export function removeMember(pool: pg.Pool, { by, userId }: { by: Member; userId: string }): Promise<void> {
  const { organizationId } = by;
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    await lockMembers(client, organizationId);
    const known = await readMember(client, organizationId, userId);
    if (known === null) throw noSuch('member');
    refuseAboveOwnRole(by, [known.role]);
    if (known.role === 'owner') await refuseLastOwner(client, organizationId, userId);
    await client.query(`delete from apikey where "referenceId" = $2 and "organizationId" = $1`, [
      organizationId,
      userId,
    ]);
    await client.query('delete from session where "userId" = $2 and "activeOrganizationId" = $1', [
      organizationId,
      userId,
    ]);
    await client.query('delete from "member" where "organizationId" = $1 and "userId" = $2', [organizationId, userId]);
    // Nor by a link from before: it would make them a member once more.
    await client.query(
      `update invitations set status = 'revoked' where organization_id = $1 and email = $2 and status = 'pending'`,
      [organizationId, known.email],
    );
    // Otherwise the next sign-in at the provider would bring them back.
    await client.query('insert into former_members (organization_id, email) values ($1, $2) on conflict do nothing', [
      organizationId,
      known.email,
    ]);
    await client.query(
      'update scim_users set active = false, updated_at = now() where organization_id = $1 and user_name = $2 and active',
      [organizationId, known.email],
    );
  });
}
