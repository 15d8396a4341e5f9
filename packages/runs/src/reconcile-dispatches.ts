// What was sent to a satellite and has no outcome yet: the questions of a reconciliation. Entered by the relay on connect.
import type { TenantTransaction } from '@sena/db/tenant';

export interface UnfinishedDispatch {
  readonly dispatchId: string;
  readonly envelope: string;
  /** Past `expiresAt` it must not be sent again. */
  readonly expired: boolean;
  /** Its run is being cancelled: nothing new may start. */
  readonly cancelled: boolean;
  readonly executionIds: string[];
}

export async function listUnfinishedDispatches(
  transaction: TenantTransaction,
  satelliteId: string,
): Promise<UnfinishedDispatch[]> {
  const found = await transaction.query<{
    id: string;
    jws: string;
    expired: boolean;
    cancelled: boolean;
    execution_ids: string[];
  }>(
    `select d.id, v.jws, d.expires_at <= now() as expired, r.cancel_requested_at is not null as cancelled,
       array(select e.id::text from executions e where e.dispatch_id = d.id and not exists (select from outcomes o where o.execution_id = e.id)) as execution_ids
     from dispatches d join dispatch_envelopes v on v.dispatch_id = d.id join runs r on r.id = d.run_id
     where d.satellite_id = $1 and d.pending > 0 and d.sent_at is not null order by d.created_at`,
    [satelliteId],
  );
  return found.rows.map((row) => ({
    dispatchId: row.id,
    envelope: row.jws,
    expired: row.expired,
    cancelled: row.cancelled,
    executionIds: row.execution_ids,
  }));
}

/** Executions of a run that were sent and have no outcome, by satellite: whom to tell of a cancel. */
export async function listSentExecutions(
  transaction: TenantTransaction,
  runId: string,
): Promise<Array<{ satelliteId: string; executionIds: string[] }>> {
  const found = await transaction.query<{ satellite_id: string; execution_ids: string[] }>(
    `select d.satellite_id, array_agg(e.id::text) as execution_ids
     from dispatches d join executions e on e.dispatch_id = d.id
     where d.run_id = $1 and d.pending > 0 and d.sent_at is not null
       and not exists (select from outcomes o where o.execution_id = e.id)
     group by d.satellite_id`,
    [runId],
  );
  return found.rows.map((row) => ({ satelliteId: row.satellite_id, executionIds: row.execution_ids }));
}

/** The satellite has journaled it. */
export async function markDispatchAcknowledged(
  transaction: TenantTransaction,
  satelliteId: string,
  dispatchId: string,
): Promise<void> {
  await transaction.query(
    'update dispatches set acked_at = coalesce(acked_at, now()) where id = $1 and satellite_id = $2',
    [dispatchId, satelliteId],
  );
}
