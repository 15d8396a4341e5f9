// Which role a directory's groups give a person: the strongest of the groups that are named for one. Never owner, never admin. Reads; and gives
// the role to whoever is a member already.
import { type Role, roleSchema } from '@sena/contracts/domain/principal';
import type pg from 'pg';

/** The strongest first. */
const givenByGroups = ['approver', 'operator', 'viewer'] as const satisfies readonly Role[];

export type DirectoryEntry =
  | { readonly kind: 'none' | 'ended' }
  | { readonly kind: 'active'; readonly role: Role | null };

/** `email` in small letters. `role` null: no group says anything. */
export async function readDirectoryEntry(
  client: pg.PoolClient,
  organizationId: string,
  email: string,
): Promise<DirectoryEntry> {
  const found = await client.query<{ active: boolean; groups: string[] }>(
    `select u.active, coalesce(array_agg(lower(g.display_name)) filter (where g.id is not null), '{}') as groups
     from scim_users u
       left join scim_group_members gm on gm.user_id = u.id
       left join scim_groups g on g.id = gm.group_id
     where u.organization_id = $1 and u.user_name = $2 group by u.id`,
    [organizationId, email],
  );
  const entry = found.rows[0];
  if (entry === undefined) return { kind: 'none' };
  if (!entry.active) return { kind: 'ended' };
  return { kind: 'active', role: givenByGroups.find((role) => entry.groups.includes(`sena-${role}`)) ?? null };
}

/**
 * After groups have changed: whoever of these entries is a member gets the role that they have now, or the one of a newcomer. Owners and admins
 * are made and unmade by owners. Returns whose role is another one.
 */
export async function applyGroupRoles(
  client: pg.PoolClient,
  organizationId: string,
  entryIds: readonly string[],
): Promise<string[]> {
  const members = await client.query<{ userId: string; email: string; role: string }>(
    `select m."userId", u.email, m.role from scim_users s
       join "user" u on u.email = s.user_name
       join "member" m on m."userId" = u.id and m."organizationId" = s.organization_id
     where s.organization_id = $1 and s.id = any($2) for update of m`,
    [organizationId, entryIds],
  );
  const newcomer = await client.query<{ default_role: Role }>(
    'select default_role from sign_in_providers where organization_id = $1',
    [organizationId],
  );
  const changed: string[] = [];
  for (const { userId, email, role } of members.rows) {
    if (!givenByGroups.some((given) => given === roleSchema.parse(role))) continue;
    const entry = await readDirectoryEntry(client, organizationId, email);
    if (entry.kind !== 'active') continue;
    const wanted = entry.role ?? newcomer.rows[0]?.default_role ?? 'viewer';
    if (wanted === role) continue;
    await client.query(`update "member" set role = $3 where "organizationId" = $1 and "userId" = $2`, [
      organizationId,
      userId,
      wanted,
    ]);
    changed.push(userId);
  }
  return changed;
}
