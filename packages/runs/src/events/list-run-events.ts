// A run's events after a number, in order. Reads only; entered by whoever streams a run.
import type { RunEvent, RunEventData } from '@sena/contracts/domain/run-event';
import type { TenantTransaction } from '@sena/db/tenant';

export async function listRunEvents(
  transaction: TenantTransaction,
  runId: string,
  afterSeq: number,
  limit = 500,
): Promise<RunEvent[]> {
  const found = await transaction.query<{ seq: number; at: Date; data: RunEventData }>(
    'select seq, at, data from run_events where run_id = $1 and seq > $2 order by seq limit $3',
    [runId, afterSeq, limit],
  );
  return found.rows.map((row) => ({ seq: row.seq, at: row.at.toISOString(), data: row.data }));
}
