// What an audit event's Merkle root over a batch of outcomes is made of. Entered when a batch is recorded, and again by whoever
// verifies it. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** One leaf an outcome, by execution and revision. `runIds`: the runs that the event names. */
export function readResultLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  runIds: readonly string[],
): Promise<string[]> {
  return readLeaves(transaction, auditEventId, 'run_id = any($2)', runIds);
}

/** The same, for who has just recorded them and need not look through the runs. */
export function readRecordedLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  executionIds: readonly string[],
): Promise<string[]> {
  return readLeaves(transaction, auditEventId, 'execution_id = any($2::uuid[])', executionIds);
}

async function readLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  among: 'run_id = any($2)' | 'execution_id = any($2::uuid[])',
  ids: readonly string[],
): Promise<string[]> {
  const found = await transaction.query<{ leaf: unknown[] }>(
    `select jsonb_build_array(execution_id, revision, attempt, kind, exit_code, signal, reason, stdout_bytes, stderr_bytes,
       stdout_sha256, stderr_sha256) as leaf
     from outcomes where audit_event_id = $1 and ${among} order by execution_id, revision`,
    [auditEventId, ids],
  );
  return found.rows.map((row) => JSON.stringify(row.leaf));
}
