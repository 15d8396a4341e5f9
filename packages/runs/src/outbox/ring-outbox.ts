// Delivers outbox rows to the queue and deletes them. Entered after a commit by whoever wrote the row, and by the
// sweeper for what was left behind. A crash between the two rings twice, which is harmless.
import { type JobData, type RunJobName, runJobNames } from '@sena/contracts/jobs';
import { inOrganization, type Pool } from '@sena/db/tenant';

export type AddJob = <N extends RunJobName>(name: N, data: JobData<N>, options: { jobId: string }) => Promise<void>;

/** A row that nobody can deliver: another release wrote it, or somebody who should not. It is gone; what it was about is in its own rows. */
class UnknownJobError extends Error {
  override readonly name = 'UnknownJobError';
}

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
  const job = runJobNames.find((name) => name === row.job);
  if (job !== undefined) {
    const data = { organizationId, runId: row.run_id, traceparent: row.traceparent };
    await add(job, data, { jobId: `outbox-${outboxId}` });
  }
  await inOrganization(pool, organizationId, (transaction) =>
    transaction.query('delete from outbox where id = $1', [outboxId]),
  );
  if (job === undefined)
    throw new UnknownJobError(`The outbox named the job ${JSON.stringify(row.job)}, which does not exist.`);
}

/** Delivers rows older than `olderMs`; returns how many. For the sweeper. One that can't be delivered holds up no other, and is told at the end. */
export async function ringOutboxLeftovers(pool: Pool, add: AddJob, olderMs: number, atMost = 500): Promise<number> {
  const found = await pool.query<{ organization_id: string; outbox_id: string }>(
    'select organization_id, outbox_id from outbox_to_ring($1, $2)',
    [olderMs, atMost],
  );
  let undeliverable: UnknownJobError | null = null;
  for (const row of found.rows) {
    try {
      await ringOutbox(pool, add, row.organization_id, row.outbox_id);
    } catch (error) {
      if (!(error instanceof UnknownJobError)) throw error;
      undeliverable = error;
    }
  }
  if (undeliverable !== null) throw undeliverable;
  return found.rows.length;
}
