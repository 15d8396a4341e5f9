// What a relay may send: signed dispatches of the satellites it holds. Marked as sent before the frame leaves. Entered by the relay.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { appendRunEvents } from '../events/append-run-event.ts';

export interface HeldSatellite {
  readonly satelliteId: string;
  readonly connectionEpoch: number;
}

export interface ClaimedDispatch {
  readonly organizationId: string;
  readonly dispatchId: string;
  readonly satelliteId: string;
  readonly runId: string;
  readonly envelope: string;
  readonly traceparent: string | null;
  /** The last of the run's new events; null when it was sent before and is sent again. */
  readonly eventSeq: number | null;
  /** Its run was cancelled after the claim: this is to be told behind it. null: it was not. */
  readonly cancel: { readonly executionIds: readonly string[]; readonly stop: boolean } | null;
}

export interface ClaimLimits {
  /** A satellite with this many executions under way gets no more. */
  readonly windowExecutions: number;
  /** Sent, and not journaled by its satellite within this time: sent again. */
  readonly resendMs: number;
  readonly dispatchesMax: number;
}

/** Round-robin over organizations; satellites that another relay holds by now are passed over. */
export async function claimDispatches(
  pool: Pool,
  relayId: string,
  held: readonly HeldSatellite[],
  limits: ClaimLimits,
): Promise<ClaimedDispatch[]> {
  if (held.length === 0) return [];
  const claimed = await pool.query<ClaimedRow>(
    'select organization_id, dispatch_id, satellite_id, again from claim_dispatches($1, $2, $3, $4, $5, $6)',
    [
      relayId,
      held.map((satellite) => satellite.satelliteId),
      held.map((satellite) => satellite.connectionEpoch),
      limits.windowExecutions,
      limits.resendMs,
      limits.dispatchesMax,
    ],
  );
  const dispatches: ClaimedDispatch[] = [];
  for (const [organizationId, rows] of Map.groupBy(claimed.rows, (row) => row.organization_id)) {
    dispatches.push(...(await readClaimed(pool, organizationId, rows)));
  }
  return dispatches;
}

interface ClaimedRow {
  organization_id: string;
  dispatch_id: string;
  satellite_id: string;
  again: boolean;
}

async function readClaimed(
  pool: Pool,
  organizationId: string,
  claimed: readonly ClaimedRow[],
): Promise<ClaimedDispatch[]> {
  const isAgain = new Map(claimed.map((row) => [row.dispatch_id, row.again]));
  return inOrganization(pool, organizationId, async (transaction) => {
    const found = await transaction.query<{
      id: string;
      satellite_id: string;
      run_id: string;
      jws: string;
      traceparent: string | null;
      cancelled: string[] | null;
      stop: boolean;
    }>(
      // A cancel that was committed since the claim found nothing that had been sent, and told nobody.
      `select d.id, d.satellite_id, d.run_id, d.traceparent, e.jws, r.stop_requested as stop,
         case when r.cancel_requested_at is not null then array(select x.id::text from executions x where x.dispatch_id = d.id) end as cancelled
       from dispatches d join dispatch_envelopes e on e.dispatch_id = d.id join runs r on r.id = d.run_id
       where d.id = any($1) order by d.run_id, d.id`,
      [[...isAgain.keys()]],
    );
    const lastSeqOf = new Map<string, number>();
    const fresh = found.rows.filter((row) => isAgain.get(row.id) !== true);
    // By run id, as everybody locks them.
    for (const [runId, rows] of Map.groupBy(fresh, (row) => row.run_id)) {
      const events = rows.map(
        (row) => ({ type: 'dispatch.sent', dispatchId: row.id, satelliteId: row.satellite_id }) as const,
      );
      lastSeqOf.set(runId, await appendRunEvents(transaction, runId, events));
    }
    return found.rows.map((row) => ({
      organizationId,
      dispatchId: row.id,
      satelliteId: row.satellite_id,
      runId: row.run_id,
      envelope: row.jws,
      traceparent: row.traceparent,
      eventSeq: isAgain.get(row.id) === true ? null : (lastSeqOf.get(row.run_id) ?? null),
      cancel: row.cancelled === null ? null : { executionIds: row.cancelled, stop: row.stop },
    }));
  });
}
