// An invitation by mail. Entered after the invitation is stored. Its link is shown to who invites besides, so a mail that does not go out is a
// word in the log and no failure.
import { inIdentityOf } from '@sena/auth/in-identity';
import type { SenaAuth } from '@sena/auth/open-auth';
import type { FastifyBaseLogger } from 'fastify';
import type { Mail } from './open-mail.ts';

/** Nobody floods strangers by way of SENA. */
const mailsPerHour = 100;

/** True when the server has taken it. */
export async function mailInvitation(
  { mail, auth, log }: { mail: Mail | null; auth: SenaAuth; log: FastifyBaseLogger },
  invitation: { organizationId: string; email: string; role: string; link: string; expiresAt: string; by: string },
): Promise<boolean> {
  if (mail === null) return false;
  const found = await inIdentityOf(auth.pool, invitation.organizationId, null, (client) =>
    client.query<{ name: string; sent: number }>(
      `select o.name, (select count(*)::integer from invitations i where i.organization_id = o.id and i.created_at > now() - interval '1 hour') as sent
       from organization o where o.id = $1`,
      [invitation.organizationId],
    ),
  );
  const { name = '', sent = 0 } = found.rows[0] ?? {};
  if (sent > mailsPerHour) {
    log.warn({ organizationId: invitation.organizationId }, 'an invitation was not mailed: too many within an hour');
    return false;
  }
  const plain = (text: string) => text.replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ').slice(0, 100);
  try {
    await mail.send({
      to: invitation.email,
      subject: `${plain(name)} invites you to SENA`,
      text:
        `${plain(invitation.by)} invites you to ${plain(name)}, as ${invitation.role}.\n\nJoin: ${invitation.link}\n\n` +
        `The link works once, until ${invitation.expiresAt}, for whoever has it. If you don't expect it, leave it.\n`,
    });
    return true;
  } catch (error) {
    log.warn({ err: error }, 'an invitation was not mailed; its link was shown to who invites');
    return false;
  }
}
