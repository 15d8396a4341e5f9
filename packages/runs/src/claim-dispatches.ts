// What a relay may send: signed dispatches of the satellites it holds. Marked as sent before the frame leaves. Entered by the relay.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { appendRunEvent } from './append-run-event.ts';

export interface HeldSatellite {
  readonly satelliteId: string;
  readonly connectionEpoch: number;
}

export interface ClaimedDispatch {
  readonly organizationId: string;
  readonly dispatchId: string;
  readonly satelliteId: string;
  readonly runId: string;
  readonly eventSeq: number;
  readonly envelope: string;
  readonly executionCount: number;
}

/** Round-robin over organizations; satellites that another relay holds by now are passed over. */
export async function claimDispatches(
  pool: Pool,
  relayId: string,
  held: readonly HeldSatellite[],
  atMost: number,
): Promise<ClaimedDispatch[]> {
  if (held.length === 0) return [];
  const claimed = await pool.query<{ organization_id: string; dispatch_id: string; satellite_id: string }>(
    'select organization_id, dispatch_id, satellite_id from claim_dispatches($1, $2, $3, $4)',
    [
      relayId,
      held.map((satellite) => satellite.satelliteId),
      held.map((satellite) => satellite.connectionEpoch),
      atMost,
    ],
  );
  const byOrganization = Map.groupBy(claimed.rows, (row) => row.organization_id);
  const dispatches: ClaimedDispatch[] = [];
  for (const [organizationId, rows] of byOrganization) {
    dispatches.push(
      ...(await readClaimed(
        pool,
        organizationId,
        rows.map((row) => row.dispatch_id),
      )),
    );
  }
  return dispatches;
}

async function readClaimed(pool: Pool, organizationId: string, dispatchIds: string[]): Promise<ClaimedDispatch[]> {
  return inOrganization(pool, organizationId, async (transaction) => {
    const found = await transaction.query<{
      id: string;
      satellite_id: string;
      run_id: string;
      jws: string;
      total: number;
    }>(
      `select d.id, d.satellite_id, d.run_id, d.total, e.jws from dispatches d join dispatch_envelopes e on e.dispatch_id = d.id
       where d.id = any($1) order by d.run_id, d.id`,
      [dispatchIds],
    );
    const dispatches: ClaimedDispatch[] = [];
    for (const row of found.rows) {
      const event = { type: 'dispatch.sent', dispatchId: row.id, satelliteId: row.satellite_id } as const;
      const eventSeq = await appendRunEvent(transaction, row.run_id, event);
      dispatches.push({
        organizationId,
        dispatchId: row.id,
        satelliteId: row.satellite_id,
        runId: row.run_id,
        eventSeq,
        envelope: row.jws,
        executionCount: row.total,
      });
    }
    return dispatches;
  });
}
