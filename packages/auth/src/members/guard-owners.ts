// The rules about who makes whom what: nobody gives more than they have, only an owner makes or unmakes one, and the last one stays.
// Reads and locks; writes nothing.
import type { Member, Role } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type pg from 'pg';
import { permissionsOf } from '../abilities.ts';

/** Throws `forbidden`. `roles`: what somebody is, and what they are to be. */
export function refuseAboveOwnRole(by: Member, roles: readonly Role[]): void {
  if (by.role === 'owner' || !roles.includes('owner')) return;
  throw new SenaError('forbidden', `Your role is ${by.role}; only an owner decides who is an owner. Ask one of them.`);
}

/** What an owner has is ended by themselves or by an owner. Throws `forbidden`. */
export async function refuseWhoseOwner(client: pg.PoolClient, by: Member, userId: string): Promise<void> {
  if (userId === by.userId) return;
  const found = await client.query<{ role: Role }>(
    'select role from "member" where "organizationId" = $1 and "userId" = $2',
    [by.organizationId, userId],
  );
  refuseAboveOwnRole(
    by,
    found.rows.map(({ role }) => role),
  );
}

/** What a member is to be: no more than this request itself may do, by its key, and on no more nodes. Throws `forbidden`. */
export function refuseMoreThanGiver(by: Member, { role, scope }: { role: Role; scope: string | null }): void {
  refuseAboveOwnRole(by, [role]);
  const own = permissionsOf(by);
  const given = permissionsOf({ role, scope, keyPermissions: null, by: 'session' });
  const beyond = given.filter((permission) => !own.includes(permission));
  if (beyond.length > 0) {
    throw new SenaError(
      'forbidden',
      `The role ${role} may do ${beyond.join(', ')}, and this ${by.by === 'session' ? 'member' : 'key'} may not: nobody gives more than ` +
        'they have. Sign in and do it in the console, or give another role.',
    );
  }
  if (by.scope !== null && scope !== by.scope) {
    throw new SenaError('forbidden', `Your own role is narrowed to ${by.scope}. Give the same scope, or ask an owner.`);
  }
}

/** One change of members at a time, so that two owners who leave at once do not both find the other one still there. */
export async function lockMembers(client: pg.PoolClient, organizationId: string): Promise<void> {
  await client.query('select from organization where id = $1 for update', [organizationId]);
}

/** Throws `last_owner` when nobody but `userId` is one. */
export async function refuseLastOwner(client: pg.PoolClient, organizationId: string, userId: string): Promise<void> {
  const owners = await client.query<{ userId: string }>(
    `select "userId" from "member" where "organizationId" = $1 and role = 'owner'`,
    [organizationId],
  );
  if (owners.rows.some((owner) => owner.userId !== userId)) return;
  throw new SenaError('last_owner', 'This is the only owner of the organization. Make another member an owner first.');
}
