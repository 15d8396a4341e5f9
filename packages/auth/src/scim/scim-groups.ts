// The groups of an organization's directory. Those named sena-viewer, sena-operator and sena-approver give these roles; others are kept and
// give nothing. Writes identity, audited by trigger.
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { lockMembers } from '../members/guard-owners.ts';
import { applyGroupRoles } from './directory-role.ts';
import type { Directory } from './scim-tokens.ts';
import { directoryActor } from './scim-users.ts';

export interface ScimGroup {
  readonly id: string;
  readonly displayName: string;
  readonly externalId: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly members: ReadonlyArray<{ readonly value: string; readonly display: string }>;
}

/** `members`: ids of users, what is to hold at the end. */
export interface ScimGroupChange {
  readonly displayName?: string;
  readonly externalId?: string | null;
  readonly members?: (known: readonly string[]) => readonly string[];
}

const columns = `g.id, g.display_name as "displayName", g.external_id as "externalId", g.created_at as "createdAt", g.updated_at as "updatedAt",
  coalesce((select jsonb_agg(jsonb_build_object('value', u.id, 'display', u.user_name) order by u.user_name)
    from scim_group_members gm join scim_users u on u.id = gm.user_id where gm.group_id = g.id), '[]') as members from scim_groups g`;

export type ScimGroupFilter = { readonly attribute: 'displayName' | 'externalId' | 'id'; readonly value: string };
const columnOf = { displayName: 'lower(g.display_name)', externalId: 'g.external_id', id: 'g.id' } as const;

export async function listScimGroups(
  pool: pg.Pool,
  { organizationId }: Directory,
  page: { filter: ScimGroupFilter | null; skipped: number; limit: number },
): Promise<{ groups: ScimGroup[]; total: number }> {
  const { filter } = page;
  const where = `g.organization_id = $1 and ($2::text is null or ${columnOf[filter?.attribute ?? 'id']} = $2)`;
  const value = filter?.attribute === 'displayName' ? filter.value.toLowerCase() : (filter?.value ?? null);
  return inIdentityOf(pool, organizationId, null, async (client) => {
    const count = await client.query<{ total: number }>(
      `select count(*)::integer as total from scim_groups g where ${where}`,
      [organizationId, value],
    );
    const found = await client.query<ScimGroup>(`select ${columns} where ${where} order by g.id offset $3 limit $4`, [
      ...[organizationId, value, page.skipped, page.limit],
    ]);
    return { groups: found.rows, total: count.rows[0]?.total ?? 0 };
  });
}

/** Throws `not_found`. */
export async function readScimGroup(
  client: pg.PoolClient,
  { organizationId }: Directory,
  id: string,
): Promise<ScimGroup> {
  const found = await client.query<ScimGroup>(`select ${columns} where g.organization_id = $1 and g.id = $2`, [
    organizationId,
    id,
  ]);
  if (found.rows[0] === undefined) throw new SenaError('not_found', 'There is no group with this id.');
  return found.rows[0];
}

/** `changedUserIds`: members whose role is another one now. Throws `name_taken`, `validation_failed` for members that are not there. */
export function createScimGroup(
  pool: pg.Pool,
  directory: Directory,
  group: { displayName: string; externalId: string | null; members: readonly string[] },
): Promise<{ group: ScimGroup; changedUserIds: string[] }> {
  return inIdentityOf(pool, directory.organizationId, directoryActor(directory), async (client) => {
    await lockMembers(client, directory.organizationId);
    await refuseTakenName(client, directory, { displayName: group.displayName, exceptId: null });
    const id = newId('scimg');
    await client.query(
      'insert into scim_groups (id, organization_id, display_name, external_id) values ($1, $2, $3, $4)',
      [id, directory.organizationId, group.displayName, group.externalId],
    );
    const touched = await setMembers(client, directory, id, group.members);
    const changedUserIds = await applyGroupRoles(client, directory.organizationId, touched);
    return { group: await readScimGroup(client, directory, id), changedUserIds };
  });
}

/** Throws `not_found`, `name_taken`, `validation_failed`. */
export function changeScimGroup(
  pool: pg.Pool,
  directory: Directory,
  { id, change }: { id: string; change: ScimGroupChange },
): Promise<{ group: ScimGroup; changedUserIds: string[] }> {
  return inIdentityOf(pool, directory.organizationId, directoryActor(directory), async (client) => {
    await lockMembers(client, directory.organizationId);
    const known = await readScimGroup(client, directory, id);
    const displayName = change.displayName ?? known.displayName;
    await refuseTakenName(client, directory, { displayName, exceptId: id });
    await client.query(
      'update scim_groups set display_name = $3, external_id = $4, updated_at = now() where organization_id = $1 and id = $2',
      [
        ...[directory.organizationId, id, displayName],
        change.externalId === undefined ? known.externalId : change.externalId,
      ],
    );
    const before = known.members.map(({ value }) => value);
    const after = change.members?.(before) ?? before;
    const touched = await setMembers(client, directory, id, after);
    // Under another name the group gives another role, also to whoever stays in it.
    const concerned = displayName === known.displayName ? touched : [...touched, ...after];
    const changedUserIds = await applyGroupRoles(client, directory.organizationId, concerned);
    return { group: await readScimGroup(client, directory, id), changedUserIds };
  });
}

/** Throws `not_found`. Returns whose role is another one now. */
export function deleteScimGroup(pool: pg.Pool, directory: Directory, id: string): Promise<string[]> {
  return inIdentityOf(pool, directory.organizationId, directoryActor(directory), async (client) => {
    await lockMembers(client, directory.organizationId);
    await readScimGroup(client, directory, id);
    const touched = await setMembers(client, directory, id, []);
    await client.query('delete from scim_groups where organization_id = $1 and id = $2', [
      directory.organizationId,
      id,
    ]);
    return applyGroupRoles(client, directory.organizationId, touched);
  });
}

/** Returns who came and who went. */
async function setMembers(
  client: pg.PoolClient,
  { organizationId }: Directory,
  groupId: string,
  wanted: readonly string[],
): Promise<string[]> {
  const there = await client.query<{ id: string }>(
    'select id from scim_users where organization_id = $1 and id = any($2)',
    [organizationId, wanted],
  );
  if (there.rows.length < new Set(wanted).size) {
    throw new SenaError('validation_failed', 'A member of the group is not there. Create the user first.', {
      fields: [{ path: 'members', message: 'names a user that is not there' }],
    });
  }
  const gone = await client.query<{ user_id: string }>(
    'delete from scim_group_members where group_id = $1 and user_id <> all($2) returning user_id',
    [groupId, wanted],
  );
  const come = await client.query<{ user_id: string }>(
    `insert into scim_group_members (organization_id, group_id, user_id) select $1, $2, unnest($3::text[])
     on conflict do nothing returning user_id`,
    [organizationId, groupId, [...new Set(wanted)]],
  );
  return [...gone.rows, ...come.rows].map(({ user_id }) => user_id);
}

async function refuseTakenName(
  client: pg.PoolClient,
  { organizationId }: Directory,
  { displayName, exceptId }: { displayName: string; exceptId: string | null },
): Promise<void> {
  const taken = await client.query(
    'select from scim_groups where organization_id = $1 and lower(display_name) = lower($2) and id is distinct from $3',
    [organizationId, displayName, exceptId],
  );
  if (taken.rowCount !== 0) throw new SenaError('name_taken', 'There is a group with this displayName already.');
}
