// Ends a satellite's membership for good: its key opens no tunnel any more. The caller rings the relay after the commit.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import type { Satellite } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { lockSatelliteRow, toSatellite } from './satellite-row.ts';

/** Twice is once. Throws `not_found`. */
export async function revokeSatellite(
  transaction: TenantTransaction,
  satelliteId: string,
  actor: Actor,
): Promise<Satellite> {
  const satellite = await lockSatelliteRow(transaction, satelliteId);
  if (satellite.revokedAt !== null) return toSatellite(satellite);
  const revoked = await transaction.query<{ revokedAt: Date }>(
    'update satellites set revoked_at = now() where id = $1 returning revoked_at as "revokedAt"',
    [satelliteId],
  );
  await appendAuditEvent(transaction, {
    action: 'satellite.revoked',
    actor,
    subject: satelliteId,
    data: { name: satellite.name },
  });
  return toSatellite({ ...satellite, ...revoked.rows[0] });
}
