// An invitation is taken back: its link is worth nothing from now on. Writes identity, audited by trigger.
import { actorOf, type Member } from '@sena/contracts/domain/principal';
import { noSuch } from '@sena/contracts/no-such';
import type pg from 'pg';
import { inIdentityOf } from '../in-identity.ts';

/** Twice is once; one that was accepted stays accepted. Throws `not_found`. */
export function revokeInvitation(pool: pg.Pool, { by, id }: { by: Member; id: string }): Promise<void> {
  return inIdentityOf(pool, by.organizationId, actorOf(by), async (client) => {
    const found = await client.query('select from invitations where id = $1 and organization_id = $2 for update', [
      id,
      by.organizationId,
    ]);
    if (found.rowCount === 0) throw noSuch('invitation');
    await client.query(`update invitations set status = 'revoked' where id = $1 and status = 'pending'`, [id]);
  });
}
