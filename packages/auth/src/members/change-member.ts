// A member gets another role, or other bounds. Holds from their next request on. Writes identity, audited by trigger.
import { actorOf, type Member, type Role } from '@sena/contracts/domain/principal';
import { scopableRoles } from '@sena/contracts/domain/role-permissions';
import { SenaError } from '@sena/contracts/errors';
import type { OrganizationMember } from '@sena/contracts/http/members';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { lockMembers, refuseAboveOwnRole, refuseLastOwner, refuseMoreThanGiver } from './guard-owners.ts';
import { readMember } from './list-members.ts';

/** `scope` is a selector that was read already. Throws `not_found`, `forbidden`, `last_owner`, `validation_failed`. */
export function changeMember(
  pool: pg.Pool,
  change: { by: Member; userId: string; role?: Role | undefined; scope?: string | null | undefined },
): Promise<OrganizationMember> {
  const { by, userId } = change;
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    await lockMembers(client, by.organizationId);
    const known = await readMember(client, by.organizationId, userId);
    if (known === null) throw noSuch('member');
    const role = change.role ?? known.role;
    const scope = scopableRoles.has(role) ? (change.scope === undefined ? known.scope : change.scope) : null;
    refuseScopeOf(role, change.scope ?? null);
    refuseAboveOwnRole(by, [known.role, role]);
    refuseMoreThanGiver(by, { role, scope });
    if (known.role === 'owner' && role !== 'owner') await refuseLastOwner(client, by.organizationId, userId);
    await client.query(`update "member" set role = $3, scope = $4 where "organizationId" = $1 and "userId" = $2`, [
      by.organizationId,
      userId,
      role,
      scope,
    ]);
    return { ...known, role, scope };
  });
}

/** Throws `validation_failed` for bounds of a role that has none. */
export function refuseScopeOf(role: Role, scope: string | null): void {
  if (scope === null || scopableRoles.has(role)) return;
  throw new SenaError('validation_failed', `The role ${role} manages the whole organization and can not be narrowed.`, {
    fields: [{ path: 'scope', message: `is not for the role ${role}` }],
  });
}
