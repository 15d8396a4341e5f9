// Doorbells that must ring: written with their cause, delivered after the commit by ring-outbox.
import type { RunJobName } from '@sena/contracts/jobs';
import type { TenantTransaction } from '@sena/db/tenant';

/** Returns the id of the outbox row (a bigint, as text). */
export async function writeOutbox(
  transaction: TenantTransaction,
  row: { job: RunJobName; runId: string; traceparent: string | null },
): Promise<string> {
  const written = await transaction.query<{ id: string }>(
    'insert into outbox (organization_id, job, run_id, traceparent) values ($1, $2, $3, $4) returning id',
    [transaction.organizationId, row.job, row.runId, row.traceparent],
  );
  return (written.rows[0] as { id: string }).id;
}
