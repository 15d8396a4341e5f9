// What an audit event's Merkle root over a batch of outcomes is made of. Entered when a batch is recorded, which `record_results` gives
// the same columns of, and by whoever verifies it. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** One outcome: the columns below, in their order. */
export type ResultLeaf = ReadonlyArray<string | number | null>;

export function leafText(leaf: ResultLeaf): string {
  return JSON.stringify(leaf);
}

/** One leaf an outcome, by execution and revision. `runIds`: the runs that the event names. */
export async function readResultLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  runIds: readonly string[],
): Promise<string[]> {
  const found = await transaction.query<{ leaf: ResultLeaf }>(
    `select jsonb_build_array(o.execution_id, o.revision, o.attempt, o.reporter, o.kind, o.exit_code, o.signal, o.reason, o.stdout_bytes, o.stderr_bytes,
       o.stdout_sha256, o.stderr_sha256, o.mode, encode(sha256(convert_to(o.redaction::text, 'UTF8')), 'hex')) as leaf
     from executions e join outcomes o on o.execution_id = e.id where e.run_id = any($2) and o.audit_event_id = $1 order by o.execution_id, o.revision`,
    [auditEventId, runIds],
  );
  return found.rows.map((row) => leafText(row.leaf));
}
