// Has the time of a run come? By PostgreSQL's clock, which is the cloud's. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** True also for a run that was asked for at once. */
export async function isDue(transaction: TenantTransaction, runId: string): Promise<boolean> {
  const found = await transaction.query<{ due: boolean }>(
    'select start_at is null or start_at <= now() as due from runs where id = $1',
    [runId],
  );
  return found.rows[0]?.due ?? false;
}
