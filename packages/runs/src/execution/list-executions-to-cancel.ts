// Whom to tell of a cancel: executions that were sent and have no outcome, by satellite. Entered by the relay. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

export interface ExecutionsToCancel {
  readonly satelliteId: string;
  readonly executionIds: string[];
  /** What runs of them is to be stopped as well. */
  readonly stop: boolean;
}

/** Its satellite, and those that were asked to find out what became of it: they can stop what runs. */
const whoHasIt = `cross join lateral (
    select d.satellite_id as id union select q.satellite_id from inquiries q where q.dispatch_id = d.id and q.sent_at is not null
  ) who`;

/** Of a run. */
export async function listSentExecutions(transaction: TenantTransaction, runId: string): Promise<ExecutionsToCancel[]> {
  const found = await transaction.query<{ satellite_id: string; execution_ids: string[]; stop: boolean }>(
    `select who.id as satellite_id, r.stop_requested as stop, array_agg(e.id::text) as execution_ids
     from runs r join dispatches d on d.run_id = r.id join executions e on e.dispatch_id = d.id ${whoHasIt}
     where r.id = $1 and d.pending > 0 and d.sent_at is not null
       and not exists (select from outcomes o where o.execution_id = e.id)
     group by who.id, r.stop_requested`,
    [runId],
  );
  return found.rows.map((row) => ({ satelliteId: row.satellite_id, executionIds: row.execution_ids, stop: row.stop }));
}

/**
 * Of every run that is being cancelled: a doorbell may have been lost. Of these satellites only. It is asked all the time, so it begins at the
 * few runs that are being cancelled.
 */
export async function listExecutionsToCancel(
  transaction: TenantTransaction,
  satelliteIds: readonly string[],
): Promise<ExecutionsToCancel[]> {
  const found = await transaction.query<{ satellite_id: string; execution_ids: string[]; stop: boolean }>(
    `with cancelling as materialized (
       select r.id, r.organization_id, r.stop_requested from runs r
       where r.organization_id = $2 and r.cancel_requested_at is not null and r.finished_at is null
     )
     select who.id as satellite_id, r.stop_requested as stop, array_agg(e.id::text) as execution_ids
     from cancelling r join dispatches d on d.organization_id = r.organization_id and d.run_id = r.id
       join executions e on e.dispatch_id = d.id ${whoHasIt}
     where who.id = any($1) and d.pending > 0 and d.sent_at is not null
       and not exists (select from outcomes o where o.execution_id = e.id)
     group by who.id, r.stop_requested`,
    [satelliteIds, transaction.organizationId],
  );
  return found.rows.map((row) => ({ satelliteId: row.satellite_id, executionIds: row.execution_ids, stop: row.stop }));
}
