// What a provider has said about a person becomes a session. Its word is believed about addresses of its own domains and members of its own
// organization alone: the session is of that organization, and moves to no other one. Writes identity, audited by trigger.
import { randomBytes } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { lockMembers } from '../members/guard-owners.ts';
import type { SenaAuth } from '../open-auth.ts';
import { type DirectoryEntry, readDirectoryEntry } from '../scim/directory-role.ts';
import type { ProviderRow } from './provider.ts';

const sessionHours = 12;

export interface Asserted {
  /** The provider's own name for the person. */
  readonly subject: string;
  /** Passed refuseForeignAddress. */
  readonly email: string;
  readonly name: string;
}

/** Throws `unauthenticated` with the reason as its cause. */
export function beginProviderSession(
  auth: SenaAuth,
  provider: ProviderRow,
  asserted: Asserted,
  from: { address: string; userAgent: string },
): Promise<string> {
  return inIdentityOf(auth.pool, provider.organization_id, 'service:identity', async (client) => {
    const userId = await whoIsIt(client, provider, asserted);
    await client.query(`select set_config('sena.actor', $1, true)`, [`member:${userId}`]);
    const token = randomBytes(32).toString('base64url');
    await client.query(
      `insert into session (id, token, "userId", "activeOrganizationId", "signInProviderId", "ipAddress", "userAgent", "expiresAt", "updatedAt")
       values ($1, $2, $3, $4, $5, $6, $7, now() + interval '${sessionHours} hours', now())`,
      [newId('sess'), token, userId, provider.organization_id, provider.id, from.address, from.userAgent.slice(0, 500)],
    );
    return token;
  });
}

/** `email` in small letters. Throws `unauthenticated`. */
export function refuseForeignAddress(provider: ProviderRow, email: string): void {
  if (!/^[^@\s]{1,64}@[^@\s]{1,255}$/.test(email)) throw refused('the provider names no e-mail address');
  if (!provider.domains.includes(email.slice(email.indexOf('@') + 1)))
    throw refused('the address is of another domain');
}

/**
 * Who signed in before is known by the provider's own name for them, not by an address that may pass to somebody else. Otherwise the
 * address stands for the member who has it, or for a new person of this organization. Who else has it elsewhere is neither asked nor touched:
 * nobody is taken over, and the answer tells nothing about other organizations.
 */
async function whoIsIt(client: pg.PoolClient, provider: ProviderRow, asserted: Asserted): Promise<string> {
  // Nobody comes in while the directory, or an owner, is putting them out.
  await lockMembers(client, provider.organization_id);
  const still = await client.query('select from sign_in_providers where id = $1 for update', [provider.id]);
  if (still.rowCount === 0) throw refused('the provider is gone');
  const linked = await client.query<{ userId: string; email: string; isMember: boolean }>(
    `select a."userId", u.email, exists (select from "member" m where m."userId" = a."userId" and m."organizationId" = $3) as "isMember"
     from account a join "user" u on u.id = a."userId" where a."providerId" = $1 and a."accountId" = $2`,
    [provider.id, asserted.subject, provider.organization_id],
  );
  const known = linked.rows[0];
  if (known?.isMember === true) return known.userId;
  const entry = await readDirectoryEntry(client, provider.organization_id, known?.email ?? asserted.email);
  if (known !== undefined) {
    // Whoever was removed does not come back by signing in, unless the organization's directory says so.
    if (entry.kind !== 'active') throw refused('the person is not a member any more');
    // Somebody else was invited under the address meanwhile: within an organization it stands for one member.
    if ((await findMember(client, provider, known.email)) !== undefined)
      throw refused('the address is another member’s');
    await addMember(client, provider, known.userId, entry);
    return known.userId;
  }

  const user = await findMember(client, provider, asserted.email);
  if (user?.isLinked === true) throw refused('the address is another member’s');
  const userId = user?.id ?? (await createMember(client, provider, asserted, entry));
  await client.query(
    `insert into account (id, "accountId", "providerId", "userId", "updatedAt") values ($1, $2, $3, $4, now())`,
    [newId('acct'), asserted.subject, provider.id, userId],
  );
  return userId;
}

async function findMember(
  client: pg.PoolClient,
  provider: ProviderRow,
  email: string,
): Promise<{ id: string; isLinked: boolean } | undefined> {
  const found = await client.query<{ id: string; isLinked: boolean }>(
    `select u.id, exists (select from account a where a."userId" = u.id and a."providerId" = $3) as "isLinked"
     from "user" u join "member" m on m."userId" = u.id and m."organizationId" = $2 where u.email = $1`,
    [email, provider.organization_id, provider.id],
  );
  return found.rows[0];
}

async function createMember(
  client: pg.PoolClient,
  provider: ProviderRow,
  asserted: Asserted,
  entry: DirectoryEntry,
): Promise<string> {
  if (entry.kind === 'ended') throw refused('the directory says that the person does not belong any more');
  if (entry.kind !== 'active') {
    const former = await client.query('select from former_members where organization_id = $1 and email = $2', [
      provider.organization_id,
      asserted.email,
    ]);
    if (former.rowCount !== 0) throw refused('the person is not a member any more');
  }
  const userId = newId('user');
  await client.query(`insert into "user" (id, name, email, "emailVerified") values ($1, $2, $3, false)`, [
    userId,
    asserted.name,
    asserted.email,
  ]);
  await addMember(client, provider, userId, entry);
  return userId;
}

/** With the role that the directory's groups give, or the one of every newcomer. */
async function addMember(
  client: pg.PoolClient,
  provider: ProviderRow,
  userId: string,
  entry: DirectoryEntry,
): Promise<void> {
  const role = (entry.kind === 'active' ? entry.role : null) ?? provider.default_role;
  await client.query(
    `insert into "member" (id, "organizationId", "userId", role, scope, "createdAt") values ($1, $2, $3, $4, $5, now())`,
    [newId('memb'), provider.organization_id, userId, role, provider.default_scope],
  );
  // Whoever is in needs no link any more, and it does not bring them back once they are out.
  await client.query(
    `update invitations i set status = 'revoked' from "user" u
     where i.organization_id = $1 and i.status = 'pending' and u.id = $2 and i.email = u.email`,
    [provider.organization_id, userId],
  );
  await client.query(
    'delete from former_members f using "user" u where f.organization_id = $1 and u.id = $2 and f.email = u.email',
    [provider.organization_id, userId],
  );
}

export function refused(why: string, cause?: unknown): SenaError {
  return new SenaError(
    'unauthenticated',
    'Your organization’s provider did not sign you in. Try again, or ask an owner.',
    {
      cause: new Error(why, { cause }),
    },
  );
}
