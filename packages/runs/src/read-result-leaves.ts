// What an audit event's Merkle root over a batch of outcomes is made of. Entered when a batch is recorded, and again by whoever
// verifies it. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** One leaf an outcome, by execution and revision. `runIds`: the runs that the event names. */
export async function readResultLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  runIds: readonly string[],
): Promise<string[]> {
  const found = await transaction.query<{ leaf: unknown[] }>(
    `select jsonb_build_array(execution_id, revision, attempt, kind, exit_code, signal, reason, stdout_bytes, stderr_bytes,
       stdout_sha256, stderr_sha256) as leaf
     from outcomes where run_id = any($1) and audit_event_id = $2 order by execution_id, revision`,
    [runIds, auditEventId],
  );
  return found.rows.map((row) => JSON.stringify(row.leaf));
}
