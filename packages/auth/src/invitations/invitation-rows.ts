// An invitation as people see it. SQL text and its translation; no I/O.
import type { Role } from '@sena/contracts/domain/principal';
import type { Invitation } from '@sena/contracts/http/members';

export interface InvitationRow {
  id: string;
  email: string;
  role: Role;
  scope: string | null;
  status: 'pending' | 'accepted' | 'revoked';
  has_expired: boolean;
  invited_by: string;
  invited_by_name: string;
  created_at: Date;
  expires_at: Date;
}

/** With its `from`. */
export const invitationColumns = `i.id, i.email, i.role, i.scope, i.status, i.expires_at <= now() as has_expired, i.invited_by,
  u.name as invited_by_name, i.created_at, i.expires_at
  from invitations i join "user" u on u.id = i.invited_by`;

export function toInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    email: row.email,
    role: row.role,
    scope: row.scope,
    status: row.status === 'pending' && row.has_expired ? 'expired' : row.status,
    invitedBy: { id: row.invited_by, name: row.invited_by_name },
    createdAt: row.created_at.toISOString(),
    expiresAt: row.expires_at.toISOString(),
  };
}
