// Is there something to do on a run that no worker has taken up? Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

export async function waitsForWorker(transaction: TenantTransaction, runId: string): Promise<boolean> {
  const found = await transaction.query<{ waits: boolean }>(
    `select wake_count > handled_count and (lease_expires_at is null or lease_expires_at < now()) as waits from runs where id = $1`,
    [runId],
  );
  return found.rows[0]?.waits ?? false;
}
