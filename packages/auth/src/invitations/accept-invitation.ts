// Whoever holds the link of an invitation looks at it, and joins: as a new person with a password, or as the person with that address
// who is signed in. Single use. Writes identity, audited by trigger.
import type { Role } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { inIdentity } from '../in-identity.ts';
import type { SenaAuth } from '../open-auth.ts';
import { hashInvitationToken } from './invitation-token.ts';

interface OpenInvitation {
  id: string;
  organization_id: string;
  organization_name: string;
  email: string;
  role: Role;
  scope: string | null;
  user_id: string | null;
  expires_at: Date;
}

const open = `select i.id, i.organization_id, o.name as organization_name, i.email, i.role, i.scope, i.expires_at,
    (select u.id from "user" u where u.email = i.email) as user_id
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
  hasAccount: boolean;
  expiresAt: string;
}> {
  const found = await pool.query<OpenInvitation>(open, [hashInvitationToken(token)]);
  const invitation = requireOpen(found.rows[0]);
  return {
    organization: invitation.organization_name,
    email: invitation.email,
    role: invitation.role,
    scope: invitation.scope,
    hasAccount: invitation.user_id !== null,
    expiresAt: invitation.expires_at.toISOString(),
  };
}

export type Joining =
  | { readonly kind: 'new'; readonly name: string; readonly password: string }
  /** null: nobody is signed in. */
  | { readonly kind: 'known'; readonly signedInUserId: string | null };

/** Throws `invitation_invalid`, `unauthenticated`, `validation_failed`: then the link works still. */
export async function acceptInvitation(
  auth: SenaAuth,
  token: string,
  joining: Joining,
): Promise<{ organizationId: string; userId: string; email: string }> {
  // A password is hashed for an invitation only, and before the transaction: it takes a tenth of a second.
  await readInvitation(auth.pool, token);
  const passwordHash = joining.kind === 'new' ? await auth.password.hash(joining.password) : null;
  return inIdentity(auth.pool, '', async (client) => {
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
    return { organizationId: invitation.organization_id, userId, email: invitation.email };
  });
}

async function whoJoins(
  client: pg.PoolClient,
  invitation: OpenInvitation,
  joining: Joining,
  passwordHash: string | null,
): Promise<string> {
  if (invitation.user_id !== null) {
    const isThem = joining.kind === 'known' && joining.signedInUserId === invitation.user_id;
    if (isThem) return invitation.user_id;
    throw new SenaError(
      'unauthenticated',
      `Sign in as ${invitation.email}, then open the link of the invitation again.`,
    );
  }
  if (joining.kind === 'known') {
    throw new SenaError('validation_failed', 'Choose a name and a password to join with.', {
      fields: [{ path: 'password', message: 'is needed: nobody has this e-mail address yet' }],
    });
  }
  const userId = newId('user');
  await client.query(`insert into "user" (id, name, email, "emailVerified") values ($1, $2, $3, true)`, [
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

function requireOpen(invitation: OpenInvitation | undefined): OpenInvitation {
  if (invitation !== undefined) return invitation;
  throw new SenaError(
    'invitation_invalid',
    'This invitation was used, taken back or has expired. Ask whoever invited you for another one.',
  );
}
