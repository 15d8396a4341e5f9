// What was sent to a satellite and has no outcome yet: the questions of a reconciliation. Entered by the relay on connect.
import type { TenantTransaction } from '@sena/db/tenant';
import { lockRunsOfDispatches } from '../run/lock-runs.ts';

export interface UnfinishedDispatch {
  readonly dispatchId: string;
  /** Past `expiresAt` it must not be sent again. */
  readonly expired: boolean;
  /** Its run is being cancelled: nothing new may start. */
  readonly cancelled: boolean;
  /** And what runs of it is to be stopped. */
  readonly stops: boolean;
  /** Its satellite has journaled it: one that does not know it has lost what it knew. */
  readonly acknowledged: boolean;
  readonly executionIds: string[];
}

/** By satellite: what was sent over an earlier connection than `connectionEpoch`. What this one carries needs no question. */
export async function listUnfinishedDispatches(
  transaction: TenantTransaction,
  satellites: ReadonlyArray<{ satelliteId: string; connectionEpoch: number }>,
): Promise<Map<string, UnfinishedDispatch[]>> {
  const found = await transaction.query<{
    satellite_id: string;
    id: string;
    expired: boolean;
    cancelled: boolean;
    stops: boolean;
    acknowledged: boolean;
    execution_ids: string[];
  }>(
    `select d.satellite_id, d.id, d.expires_at <= now() as expired, r.cancel_requested_at is not null as cancelled,
       r.stop_requested as stops, d.acked_at is not null as acknowledged,
       array(select e.id::text from executions e where e.dispatch_id = d.id and not exists (select from outcomes o where o.execution_id = e.id)) as execution_ids
     from unnest($1::text[], $2::bigint[]) as h (satellite_id, epoch)
       join dispatches d on d.satellite_id = h.satellite_id join runs r on r.id = d.run_id
     where d.pending > 0 and d.sent_epoch < h.epoch order by d.created_at`,
    [satellites.map(({ satelliteId }) => satelliteId), satellites.map(({ connectionEpoch }) => connectionEpoch)],
  );
  const unfinishedOf = new Map<string, UnfinishedDispatch[]>();
  for (const [satelliteId, rows] of Map.groupBy(found.rows, (row) => row.satellite_id)) {
    const unfinished = rows.map((row) => ({
      dispatchId: row.id,
      expired: row.expired,
      cancelled: row.cancelled,
      stops: row.stops,
      acknowledged: row.acknowledged,
      executionIds: row.execution_ids,
    }));
    unfinishedOf.set(satelliteId, unfinished);
  }
  return unfinishedOf;
}

export type Resend =
  /** The signed envelope (compact JWS) and the trace it belongs to. */
  | { readonly kind: 'send'; readonly envelope: string; readonly traceparent: string | null }
  /** Its run was cancelled since it was asked about: it must not leave again. */
  | { readonly kind: 'cancelled' }
  /** There is nothing to send: others carry out its work by now, or it has left over this connection already. */
  | { readonly kind: 'none' };

/** As things are now, whatever they were at the question. `send`: it is marked as sent over this connection before the frame leaves. */
export async function claimAgain(
  transaction: TenantTransaction,
  dispatchId: string,
  connectionEpoch: number,
): Promise<Resend> {
  const claimed = await transaction.query<{ envelope: string; traceparent: string | null }>(
    `update dispatches d set sent_at = now(), sent_epoch = $2 from dispatch_envelopes e, runs r
     where d.id = $1 and d.superseded_at is null and d.sent_epoch < $2 and e.dispatch_id = d.id
       and r.id = d.run_id and r.cancel_requested_at is null
     returning e.jws as envelope, d.traceparent`,
    [dispatchId, connectionEpoch],
  );
  const [row] = claimed.rows;
  if (row !== undefined) return { kind: 'send', ...row };
  const cancelled = await transaction.query(
    `select 1 from dispatches d join runs r on r.id = d.run_id
     where d.id = $1 and d.superseded_at is null and d.sent_epoch < $2 and r.cancel_requested_at is not null`,
    [dispatchId, connectionEpoch],
  );
  return { kind: cancelled.rowCount === 0 ? 'none' : 'cancelled' };
}

/**
 * Those of these dispatches that have not left over this connection. Until the transaction ends they can't. Whatever a satellite
 * did not know of them it will not learn any more.
 */
export async function lockUnsentSince(
  transaction: TenantTransaction,
  dispatchIds: readonly string[],
  connectionEpoch: number,
): Promise<Set<string>> {
  await lockRunsOfDispatches(transaction, dispatchIds);
  const found = await transaction.query<{ id: string }>(
    'select id from dispatches where id = any($1) and sent_epoch < $2 order by id for update',
    [dispatchIds, connectionEpoch],
  );
  return new Set(found.rows.map((row) => row.id));
}
