// A person has looked: the next copy of a locked satellite's state directory that connects is the one. Entered by the gateway.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { Satellite } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { lockSatelliteRow, toSatellite } from './satellite-row.ts';

/** Throws `not_found`, and `conflict` for one that is not locked. */
export async function unlockSatellite(
  transaction: TenantTransaction,
  satelliteId: string,
  actor: Actor,
): Promise<Satellite> {
  const satellite = await lockSatelliteRow(transaction, satelliteId);
  const { revokedAt, lockedAt, lock, name } = satellite;
  if (revokedAt !== null || lockedAt === null)
    throw new SenaError('conflict', 'This satellite is not locked. Look at the list of satellites again.');
  // Its counter stays: whoever comes first gets the next number, and any other copy is found out.
  await transaction.query(
    'update satellites set locked_at = null, lock = null, session_token = null, pending_token = null where id = $1',
    [satelliteId],
  );
  await appendAuditEvent(transaction, {
    ...{ action: 'satellite.unlocked', actor, subject: satelliteId },
    data: { name, lock },
  });
  return toSatellite({ ...satellite, lockedAt: null, lock: null });
}
