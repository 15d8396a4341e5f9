// Ends a satellite's membership for good: its key opens no tunnel any more. The caller rings the relay after the commit.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import type { Satellite } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { type SatelliteRow, toSatellite } from './satellite-row.ts';

/** Twice is once. Throws `not_found`. */
export async function revokeSatellite(
  transaction: TenantTransaction,
  satelliteId: string,
  actor: string,
): Promise<Satellite> {
  const found = await transaction.query<SatelliteRow>(
    `select s.id, s.name, json_build_object('id', t.id, 'name', t.name) as site, s.relay_id as "relayId",
       s.revoked_at as "revokedAt", s.fingerprint, s.version, s.last_seen_at as "lastSeenAt", s.created_at as "createdAt"
     from satellites s join sites t on t.id = s.site_id where s.id = $1 for update of s`,
    [satelliteId],
  );
  const satellite = found.rows[0];
  if (satellite === undefined) throw new SenaError('not_found', 'There is no satellite with this id.');
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
