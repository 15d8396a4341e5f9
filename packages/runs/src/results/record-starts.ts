// Notes that executions have begun. Entered by the relay, a batch at a time.
import type { TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';

export interface ExecutionStart {
  readonly satelliteId: string;
  readonly executionId: string;
  readonly attempt: number;
  /** ISO 8601, the satellite's clock. */
  readonly at: string;
  /** The node's boot under which its guard was started; null: it has none. */
  readonly bootId: string | null;
}

/** Returns the runs that have a new event. */
export async function recordStarts(
  transaction: TenantTransaction,
  starts: readonly ExecutionStart[],
): Promise<Array<{ runId: string; eventSeq: number }>> {
  if (starts.length === 0) return [];
  const recorded = await transaction.query<{ run_id: string; count: number }>(
    `with fresh as (
       insert into execution_starts (organization_id, execution_id, attempt, started_at, boot_id)
       select e.organization_id, e.id, i.attempt, i.started_at, i.boot_id
       from unnest($1::text[], $2::uuid[], $3::integer[], $4::timestamptz[], $5::text[])
           as i (satellite_id, execution_id, attempt, started_at, boot_id)
         join executions e on e.id = i.execution_id
         join dispatches d on d.id = e.dispatch_id and d.satellite_id = i.satellite_id
       on conflict do nothing returning execution_id
     )
     select e.run_id, count(*)::integer as count from fresh f join executions e on e.id = f.execution_id group by 1 order by 1`,
    [
      starts.map((start) => start.satelliteId),
      starts.map((start) => start.executionId),
      starts.map((start) => start.attempt),
      starts.map((start) => start.at),
      starts.map((start) => start.bootId),
    ],
  );
  const events: Array<{ runId: string; eventSeq: number }> = [];
  for (const run of recorded.rows) {
    const eventSeq = await appendRunEvent(transaction, run.run_id, { type: 'executions.started', count: run.count });
    events.push({ runId: run.run_id, eventSeq });
  }
  return events;
}
