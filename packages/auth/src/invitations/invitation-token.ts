// What the link of an invitation holds, and what is kept of it. Pure.
import { createHash } from 'node:crypto';

export const invitationTokenPrefix = 'sena_invite_';

export function hashInvitationToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
