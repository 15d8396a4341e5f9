// Says that there is work for a worker on this run: counts the wake up and writes the doorbell, in the caller's transaction.
import type { TenantTransaction } from '@sena/db/tenant';
import { writeOutbox } from '../outbox/write-outbox.ts';

/** Returns the outbox row to deliver after the commit. Throws when there is no such run. */
export async function wakeRun(transaction: TenantTransaction, runId: string): Promise<{ outboxId: string }> {
  const woken = await transaction.query<{ traceparent: string | null }>(
    'update runs set wake_count = wake_count + 1, wanted_at = now() where id = $1 returning traceparent',
    [runId],
  );
  const run = woken.rows[0];
  if (run === undefined) throw new Error(`run ${runId} does not exist in ${transaction.organizationId}`);
  return { outboxId: await writeOutbox(transaction, { job: 'advanceRun', runId, traceparent: run.traceparent }) };
}
