// An organization's invitations, newest first, a page at a time. Reads only; no token is among what is kept.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Invitation } from '@sena/contracts/http/members';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';
import { type InvitationRow, invitationColumns, toInvitation } from './invitation-rows.ts';

export async function listInvitations(
  pool: pg.Pool,
  organizationId: string,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Invitation[]; nextCursor: string | null }> {
  // Ids of invitations sort by creation.
  const [before] = decodeCursor(page.cursor, 1) ?? [];
  const found = await inIdentityOf(pool, organizationId, null, (client) =>
    client.query<InvitationRow>(
      `select ${invitationColumns} where i.organization_id = $1 and ($2::text is null or i.id < $2) order by i.id desc limit $3`,
      [organizationId, before ?? null, page.limit + 1],
    ),
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toInvitation),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.id]) : null,
  };
}
