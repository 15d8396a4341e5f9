// Somebody is asked to join an organization. The token is shown once and stored as a hash. An earlier invitation of the same address
// that is still open ends. Writes identity, audited by trigger.
import { randomBytes } from 'node:crypto';
import type { Member, Role } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { Invitation } from '@sena/contracts/http/members';
import { newId } from '@sena/contracts/ids';
import type pg from 'pg';
import { refuseScopeOf } from '../members/change-member.ts';
import { refuseMoreThanGiver } from '../members/guard-owners.ts';
import { type InvitationRow, invitationColumns, toInvitation } from './invitation-rows.ts';
import { hashInvitationToken, invitationTokenPrefix } from './invitation-token.ts';

/** In a transaction that acts for `by`. `scope` is a selector that was read already. Throws `forbidden`, `validation_failed`, `name_taken` for whoever is a member. */
export async function createInvitation(
  client: pg.PoolClient,
  invited: { by: Member; email: string; role: Role; scope: string | null; expiresInSeconds: number },
): Promise<{ invitation: Invitation; token: string }> {
  const { by, role, scope } = invited;
  const email = invited.email.toLowerCase();
  refuseScopeOf(role, scope);
  refuseMoreThanGiver(by, { role, scope });
  const token = `${invitationTokenPrefix}${randomBytes(32).toString('base64url')}`;
  const known = await client.query(
    `select from "member" m join "user" u on u.id = m."userId" where m."organizationId" = $1 and u.email = $2`,
    [by.organizationId, email],
  );
  if (known.rowCount !== 0) {
    throw new SenaError(
      'name_taken',
      'Somebody with this e-mail address is a member already. Change their role instead.',
    );
  }
  await client.query(
    `update invitations set status = 'revoked' where organization_id = $1 and email = $2 and status = 'pending'`,
    [by.organizationId, email],
  );
  const id = newId('inv');
  await client.query(
    `insert into invitations (id, organization_id, email, role, scope, token_sha256, invited_by, expires_at)
     values ($1, $2, $3, $4, $5, $6, $7, now() + $8 * interval '1 second')`,
    [id, by.organizationId, email, role, scope, hashInvitationToken(token), by.userId, invited.expiresInSeconds],
  );
  const made = await client.query<InvitationRow>(`select ${invitationColumns} where i.id = $1`, [id]);
  return { invitation: toInvitation(made.rows[0] as InvitationRow), token };
}
