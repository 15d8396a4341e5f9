// Whoever holds the link of an invitation looks at it, and joins: as a new person of this organization with a password, or as the person with
// that address who is signed in. Answers are alike whether or not somebody elsewhere has the address. Single use. Writes identity, audited
// by trigger.
import type { Role } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { lockMembers } from '../members/guard-owners.ts';
import type { SenaAuth } from '../open-auth.ts';
import { hashInvitationToken } from './invitation-token.ts';

interface OpenInvitation {
  id: string;
  organization_id: string;
  organization_name: string;
  email: string;
  role: Role;
  scope: string | null;
  expires_at: Date;
}

const open = `select i.id, i.organization_id, o.name as organization_name, i.email, i.role, i.scope, i.expires_at
  from invitations i join organization o on o.id = i.organization_id
  where i.token_sha256 = $1 and i.status = 'pending' and i.expires_at > now()`;

/** Throws `invitation_invalid`. */
export async function readInvitation(
  pool: pg.Pool,
  token: string,
): Promise<{
  organization: string;
  email: string;
  role: Role;
  scope: string | null;
  expiresAt: string;
}> {
  const organizationId = await findOrganization(pool, token);
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<OpenInvitation>(open, [hashInvitationToken(token)]),
  );
  const invitation = requireOpen(found.rows[0]);
  return {
    organization: invitation.organization_name,
    email: invitation.email,
    role: invitation.role,
    scope: invitation.scope,
    expiresAt: invitation.expires_at.toISOString(),
  };
}

/** Whoever has the token learns whose it is: of whichever organization. */
async function findOrganization(pool: pg.Pool, token: string): Promise<string> {
  const found = await pool.query<{ organization_id: string }>(
    `select organization_id from invitations where token_sha256 = $1 and status = 'pending' and expires_at > now()`,
    [hashInvitationToken(token)],
  );
  return requireOpen(found.rows[0]).organization_id;
}

export type Joining =
  | { readonly kind: 'new'; readonly name: string; readonly password: string }
  /** null: nobody is signed in. */
  | { readonly kind: 'known'; readonly signedInUserId: string | null };

/** Throws `invitation_invalid`, `unauthenticated`, `name_taken`: then the link works still. */
export async function acceptInvitation(
  auth: SenaAuth,
  token: string,
  joining: Joining,
): Promise<{ organizationId: string; userId: string; email: string }> {
  // A password is hashed for an invitation only, and before the transaction: it takes a tenth of a second.
  const organizationId = await findOrganization(auth.pool, token);
  const passwordHash = joining.kind === 'new' ? await auth.password.hash(joining.password) : null;
  return inIdentityOf(auth.pool, organizationId, null, async (client) => {
    // As everywhere: the organization first. Within it an address stands for one member.
    await lockMembers(client, organizationId);
    const found = await client.query<OpenInvitation>(`${open} for update of i`, [hashInvitationToken(token)]);
    const invitation = requireOpen(found.rows[0]);
    const userId = await whoJoins(client, invitation, joining, passwordHash);
    await client.query(`select set_config('sena.actor', $1, true)`, [`member:${userId}`]);
    await client.query(`update invitations set status = 'accepted' where id = $1`, [invitation.id]);
    await client.query(
      `insert into "member" (id, "organizationId", "userId", role, scope, "createdAt") values ($1, $2, $3, $4, $5, now())
       on conflict ("organizationId", "userId") do nothing`,
      [newId('memb'), invitation.organization_id, userId, invitation.role, invitation.scope],
    );
    await client.query('delete from former_members where organization_id = $1 and email = $2', [
      invitation.organization_id,
      invitation.email,
    ]);
    return { organizationId: invitation.organization_id, userId, email: invitation.email };
  });
}

async function whoJoins(
  client: pg.PoolClient,
  invitation: OpenInvitation,
  joining: Joining,
  passwordHash: string | null,
): Promise<string> {
  const member = await client.query<{ id: string }>(
    `select u.id from "user" u join "member" m on m."userId" = u.id and m."organizationId" = $1 where u.email = $2`,
    [invitation.organization_id, invitation.email],
  );
  const memberId = member.rows[0]?.id ?? null;
  if (joining.kind === 'known') {
    const them = await client.query<{ id: string }>('select id from "user" where id = $1 and email = $2', [
      joining.signedInUserId,
      invitation.email,
    ]);
    const userId = them.rows[0]?.id;
    if (userId === undefined) {
      throw new SenaError(
        'unauthenticated',
        `Sign in as ${invitation.email} and open the link again, or choose a name and a password.`,
      );
    }
    if (memberId !== null && memberId !== userId) throw alreadyMember();
    return userId;
  }
  if (memberId !== null) throw alreadyMember();
  const userId = newId('user');
  await client.query(`insert into "user" (id, name, email, "emailVerified") values ($1, $2, $3, false)`, [
    userId,
    joining.name,
    invitation.email,
  ]);
  await client.query(
    `insert into account (id, "accountId", "providerId", "userId", password, "updatedAt") values ($1, $2, 'credential', $2, $3, now())`,
    [newId('acct'), userId, passwordHash],
  );
  return userId;
}

function alreadyMember(): SenaError {
  return new SenaError(
    'name_taken',
    'Somebody with this e-mail address is a member of the organization already. Sign in.',
  );
}

function requireOpen<T>(invitation: T | undefined): T {
  if (invitation !== undefined) return invitation;
  throw new SenaError(
    'invitation_invalid',
    'This invitation was used, taken back or has expired. Ask whoever invited you for another one.',
  );
}
