// Ends a satellite's membership for good: its key opens no tunnel any more. The caller rings the relay after the commit.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import { SenaError } from '@sena/contracts/errors';
import type { TenantTransaction } from '@sena/db/tenant';

/** Twice is once. Throws `not_found`. */
export async function revokeSatellite(
  transaction: TenantTransaction,
  satelliteId: string,
  actor: string,
): Promise<void> {
  const found = await transaction.query<{ name: string; revoked: boolean }>(
    'select name, revoked_at is not null as revoked from satellites where id = $1 for update',
    [satelliteId],
  );
  const satellite = found.rows[0];
  if (satellite === undefined) throw new SenaError('not_found', 'There is no satellite with this id.');
  if (satellite.revoked) return;
  await transaction.query('update satellites set revoked_at = now() where id = $1', [satelliteId]);
  await appendAuditEvent(transaction, {
    action: 'satellite.revoked',
    actor,
    subject: satelliteId,
    data: { name: satellite.name },
  });
}
