// What an audit event's Merkle root over a batch of outcomes is made of. Entered when a batch is recorded, and again by whoever
// verifies it. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

const ofRuns = 'executions e join outcomes o on o.execution_id = e.id where e.run_id = any($2)';
const ofExecutions = 'outcomes o where o.execution_id = any($2::uuid[])';

/** One leaf an outcome, by execution and revision. `runIds`: the runs that the event names. */
export function readResultLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  runIds: readonly string[],
): Promise<string[]> {
  return readLeaves(transaction, auditEventId, ofRuns, runIds);
}

/** The same, for who has just recorded them and need not look through the runs. */
export function readRecordedLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  executionIds: readonly string[],
): Promise<string[]> {
  return readLeaves(transaction, auditEventId, ofExecutions, executionIds);
}

async function readLeaves(
  transaction: TenantTransaction,
  auditEventId: string,
  among: typeof ofRuns | typeof ofExecutions,
  ids: readonly string[],
): Promise<string[]> {
  const found = await transaction.query<{ leaf: unknown[] }>(
    `select jsonb_build_array(o.execution_id, o.revision, o.attempt, o.reporter, o.kind, o.exit_code, o.signal, o.reason, o.stdout_bytes, o.stderr_bytes,
       o.stdout_sha256, o.stderr_sha256, o.mode) as leaf
     from ${among} and o.audit_event_id = $1 order by o.execution_id, o.revision`,
    [auditEventId, ids],
  );
  return found.rows.map((row) => JSON.stringify(row.leaf));
}
