// Delivers outbox rows to the queue and deletes them. Entered after a commit by whoever wrote the row, and by the
// sweeper for what was left behind. A crash between the two rings twice, which is harmless.
import { type JobData, type RunJobName, runJobNames } from '@sena/contracts/jobs';
import { inOrganization, type Pool } from '@sena/db/tenant';

export type AddJob = <N extends RunJobName>(name: N, data: JobData<N>, options: { jobId: string }) => Promise<void>;

/** Delivers one row. Does nothing when somebody else has delivered it. */
export async function ringOutbox(pool: Pool, add: AddJob, organizationId: string, outboxId: string): Promise<void> {
  const row = await inOrganization(pool, organizationId, async (transaction) => {
    const found = await transaction.query<{ job: string; run_id: string; traceparent: string | null }>(
      'select job, run_id, traceparent from outbox where id = $1',
      [outboxId],
    );
    return found.rows[0];
  });
  if (row === undefined) return;
  await add(
    jobNameOf(row.job),
    { organizationId, runId: row.run_id, traceparent: row.traceparent },
    { jobId: `outbox-${outboxId}` },
  );
  await inOrganization(pool, organizationId, (transaction) =>
    transaction.query('delete from outbox where id = $1', [outboxId]),
  );
}

/** Delivers rows older than `olderMs`; returns how many. For the sweeper. */
export async function ringOutboxLeftovers(pool: Pool, add: AddJob, olderMs: number, atMost = 500): Promise<number> {
  const found = await pool.query<{ organization_id: string; outbox_id: string }>(
    'select organization_id, outbox_id from outbox_to_ring($1, $2)',
    [olderMs, atMost],
  );
  for (const row of found.rows) await ringOutbox(pool, add, row.organization_id, row.outbox_id);
  return found.rows.length;
}

function jobNameOf(job: string): RunJobName {
  const known = runJobNames.find((name) => name === job);
  if (known !== undefined) return known;
  throw new Error(`the outbox names a job that does not exist: ${job}`);
}
