// The people of an organization's directory: entries by address. An entry makes nobody a person of SENA and says nothing about whether there is
// one: who it names joins by signing in, and who is a member and is ended leaves at once. Writes identity, audited by trigger.
import type { Actor } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { lockMembers, refuseLastOwner } from '../members/guard-owners.ts';
import type { Directory } from './scim-tokens.ts';

export interface ScimUser {
  readonly id: string;
  readonly userName: string;
  readonly externalId: string | null;
  readonly displayName: string | null;
  readonly active: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly groups: ReadonlyArray<{ readonly value: string; readonly display: string }>;
}
export type ScimUserChange = Partial<Pick<ScimUser, 'userName' | 'externalId' | 'displayName' | 'active'>>;

/** What is said of a field that stays as it is. */
export const unchangeable = 'can not be changed';

/** Whose membership has ended with what was said: nobody's, or that of whoever has the address. */
export interface Said {
  readonly user: ScimUser;
  readonly endedUserIds: readonly string[];
}

const columns = `u.id, u.user_name as "userName", u.external_id as "externalId", u.display_name as "displayName", u.active,
  u.created_at as "createdAt", u.updated_at as "updatedAt",
  coalesce((select jsonb_agg(jsonb_build_object('value', g.id, 'display', g.display_name) order by g.display_name)
    from scim_group_members gm join scim_groups g on g.id = gm.group_id where gm.user_id = u.id), '[]') as groups from scim_users u`;

export type ScimUserFilter = { readonly attribute: 'userName' | 'externalId' | 'id'; readonly value: string };
const columnOf = { userName: 'user_name', externalId: 'external_id', id: 'id' } as const;

export async function listScimUsers(
  pool: pg.Pool,
  { organizationId }: Directory,
  page: { filter: ScimUserFilter | null; skipped: number; limit: number },
): Promise<{ users: ScimUser[]; total: number }> {
  const { filter } = page;
  const where = `u.organization_id = $1 and ($2::text is null or u.${columnOf[filter?.attribute ?? 'id']} = $2)`;
  const value = filter?.attribute === 'userName' ? filter.value.toLowerCase() : (filter?.value ?? null);
  return inIdentityOf(pool, organizationId, null, async (client) => {
    const count = await client.query<{ total: number }>(
      `select count(*)::integer as total from scim_users u where ${where}`,
      [organizationId, value],
    );
    const found = await client.query<ScimUser>(`select ${columns} where ${where} order by u.id offset $3 limit $4`, [
      ...[organizationId, value, page.skipped, page.limit],
    ]);
    return { users: found.rows, total: count.rows[0]?.total ?? 0 };
  });
}

/** Throws `not_found`. */
export async function readScimUser(
  client: pg.PoolClient,
  { organizationId }: Directory,
  id: string,
): Promise<ScimUser> {
  const found = await client.query<ScimUser>(`select ${columns} where u.organization_id = $1 and u.id = $2`, [
    organizationId,
    id,
  ]);
  if (found.rows[0] === undefined) throw new SenaError('not_found', 'There is no user with this id.');
  return found.rows[0];
}

/** Throws `name_taken`, `last_owner`. */
export function createScimUser(
  pool: pg.Pool,
  directory: Directory,
  user: { userName: string; externalId: string | null; displayName: string | null; active: boolean },
): Promise<Said> {
  const { organizationId } = directory;
  return inIdentityOf(pool, directory.organizationId, directoryActor(directory), async (client) => {
    await lockMembers(client, organizationId);
    const id = newId('scimu');
    const made = await client.query(
      `insert into scim_users (id, organization_id, user_name, external_id, display_name, active)
       values ($1, $2, $3, $4, $5, $6) on conflict (organization_id, user_name) do nothing`,
      [id, organizationId, user.userName, user.externalId, user.displayName, user.active],
    );
    if (made.rowCount === 0)
      throw new SenaError('name_taken', 'The directory has named somebody with this userName already.');
    const endedUserIds = user.active ? [] : await endMembership(client, organizationId, user.userName);
    return { user: await readScimUser(client, directory, id), endedUserIds };
  });
}

/** Throws `not_found`, `last_owner`, `validation_failed` for another userName: that is another person. */
export function changeScimUser(
  pool: pg.Pool,
  directory: Directory,
  { id, change }: { id: string; change: ScimUserChange },
): Promise<Said> {
  const { organizationId } = directory;
  return inIdentityOf(pool, directory.organizationId, directoryActor(directory), async (client) => {
    await lockMembers(client, organizationId);
    const known = await readScimUser(client, directory, id);
    if (change.userName !== undefined && change.userName !== known.userName) {
      throw new SenaError('validation_failed', 'userName stays as it is. Delete this user and create another one.', {
        fields: [{ path: 'userName', message: unchangeable }],
      });
    }
    const next = { ...known, ...change };
    await client.query(
      'update scim_users set external_id = $3, display_name = $4, active = $5, updated_at = now() where organization_id = $1 and id = $2',
      [organizationId, id, next.externalId, next.displayName, next.active],
    );
    const endedUserIds = next.active ? [] : await endMembership(client, organizationId, known.userName);
    return { user: await readScimUser(client, directory, id), endedUserIds };
  });
}

/** Throws `not_found`, `last_owner`. Returns whose membership has ended. */
export function deleteScimUser(pool: pg.Pool, directory: Directory, id: string): Promise<string[]> {
  const { organizationId } = directory;
  return inIdentityOf(pool, directory.organizationId, directoryActor(directory), async (client) => {
    await lockMembers(client, organizationId);
    const known = await readScimUser(client, directory, id);
    const endedUserIds = await endMembership(client, organizationId, known.userName);
    await client.query('delete from scim_users where organization_id = $1 and id = $2', [organizationId, id]);
    return endedUserIds;
  });
}

/** By which an audit row names it. */
export function directoryActor({ tokenId }: Directory): Actor {
  return `service:scim:${tokenId}`;
}

/** Keys and sessions of this organization end with it. The person stays who they are elsewhere. Returns whose: nobody's if they were no member. */
async function endMembership(client: pg.PoolClient, organizationId: string, email: string): Promise<string[]> {
  // What they were offered before ends too.
  await client.query(
    `update invitations set status = 'revoked' where organization_id = $1 and email = $2 and status = 'pending'`,
    [organizationId, email],
  );
  // No constraint says that it is one: whoever has the address is out.
  const found = await client.query<{ userId: string; role: string }>(
    `select m."userId", m.role from "member" m join "user" u on u.id = m."userId" where m."organizationId" = $1 and u.email = $2`,
    [organizationId, email],
  );
  for (const { userId, role } of found.rows) {
    if (role === 'owner') await refuseLastOwner(client, organizationId, userId);
    const of = [organizationId, userId];
    await client.query(`delete from apikey where "referenceId" = $2 and "organizationId" = $1`, of);
    await client.query('delete from session where "userId" = $2 and "activeOrganizationId" = $1', of);
    await client.query('delete from "member" where "organizationId" = $1 and "userId" = $2', of);
    await client.query('insert into former_members (organization_id, email) values ($1, $2) on conflict do nothing', [
      organizationId,
      email,
    ]);
  }
  return found.rows.map(({ userId }) => userId);
}
