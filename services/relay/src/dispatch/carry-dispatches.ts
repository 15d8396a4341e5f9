// Pulls signed dispatches of the satellites that this relay holds and sends them down their tunnels. Rung by doorbells and
// connects, polls slowly besides. Marks dispatches as sent before the frame leaves.
import type { Pool } from '@sena/db/tenant';
import { type ClaimedDispatch, claimDispatches } from '@sena/runs/dispatch/claim-dispatches';
import type { Logger } from '@sena/telemetry/logger';
import { childTraceparent, traceIdOf } from '@sena/telemetry/trace-context';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';
import type { RunRinger } from '../ring-runs.ts';
import { keepLooking, type Looking } from './keep-looking.ts';
import type { LeavingDispatches } from './order-cancels.ts';
import { pushCancel } from './push-in-parts.ts';
import { whoTakesMore } from './who-takes-more.ts';

const dispatchesAClaim = 64;
const windowExecutions = 5_000;

export function startCarryingDispatches(options: {
  pool: Pool;
  relayId: string;
  held: HeldSatellites;
  leaving: LeavingDispatches;
  ringer: RunRinger;
  logger: Logger;
  timing: { readonly pollMs: number; readonly resendMs: number };
}): Looking<HeldSatellite> {
  const { pool, relayId, held, leaving, ringer, logger, timing } = options;
  const limits = { windowExecutions, resendMs: timing.resendMs, dispatchesMax: dispatchesAClaim };

  async function carry(whom: 'everybody' | readonly HeldSatellite[]): Promise<'more' | 'all'> {
    const takers = whoTakesMore(held, whom);
    const claimed = await leaving.hold(async () => {
      const dispatches = await claimDispatches(pool, relayId, takers, limits);
      for (const dispatch of dispatches) send(dispatch);
      return dispatches;
    });
    ringFor(claimed);
    return claimed.length === dispatchesAClaim ? 'more' : 'all';
  }

  function send(dispatch: ClaimedDispatch): void {
    const { organizationId, dispatchId, satelliteId, envelope, runId, eventSeq, cancel } = dispatch;
    const traceparent = childTraceparent(dispatch.traceparent);
    const fields = { organizationId, runId, dispatchId, satelliteId, traceId: traceIdOf(traceparent) };
    const satellite = held.find(satelliteId);
    // Gone since the claim: it is reconciled when the satellite connects again.
    if (satellite === undefined) logger.info(fields, 'a dispatch waits, its satellite has just gone');
    else {
      try {
        satellite.out.push({ t: 'dispatch', dispatchId, envelope, traceparent });
        if (cancel !== null) pushCancel(satellite, cancel.executionIds, cancel.stop);
        logger.info({ ...fields, again: eventSeq === null, cancelled: cancel !== null }, 'dispatch sent');
      } catch (error) {
        logger.error({ ...fields, err: error }, 'a dispatch does not fit into the tunnel');
      }
    }
  }

  /** Once a run, however many of its dispatches left. */
  function ringFor(claimed: readonly ClaimedDispatch[]): void {
    for (const [runId, dispatches] of Map.groupBy(claimed, (dispatch) => dispatch.runId)) {
      const news = dispatches.find((dispatch) => dispatch.eventSeq !== null);
      if (news?.eventSeq != null)
        ringer.ring(news.organizationId, [{ runId, eventSeq: news.eventSeq, outboxId: null }]);
    }
  }

  return keepLooking(timing.pollMs, carry, (error) => {
    // What was claimed in vain is sent again after `resendMs`.
    logger.error({ err: error }, 'waiting dispatches could not be read, it is tried again');
  });
}
