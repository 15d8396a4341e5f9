// Which dispatches their satellites have journaled. Entered by the relay, a batch of reports at a time.
import type { TenantTransaction } from '@sena/db/tenant';

/** Once journaled, a satellite that does not know a dispatch has lost what it knew. What was acknowledged before is passed over. */
export async function markDispatchesAcknowledged(
  transaction: TenantTransaction,
  acknowledged: ReadonlyArray<{ satelliteId: string; dispatchId: string }>,
): Promise<void> {
  if (acknowledged.length === 0) return;
  await transaction.query(
    `update dispatches d set acked_at = now() from unnest($1::text[], $2::text[]) as a (dispatch_id, satellite_id)
     where d.id = a.dispatch_id and d.satellite_id = a.satellite_id and d.acked_at is null`,
    [acknowledged.map((ack) => ack.dispatchId), acknowledged.map((ack) => ack.satelliteId)],
  );
}
