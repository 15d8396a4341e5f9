// Pulls signed dispatches of the satellites that this relay holds and sends them down their tunnels. Rung by doorbells and
// connects, polls slowly besides. Marks dispatches as sent before the frame leaves.
import type { Pool } from '@sena/db/tenant';
import { type ClaimedDispatch, claimDispatches } from '@sena/runs/claim-dispatches';
import type { Logger } from '@sena/telemetry/logger';
import { childTraceparent, traceIdOf } from '@sena/telemetry/trace-context';
import type { HeldSatellites } from '../held-satellites.ts';
import type { RunRinger } from '../ring-runs.ts';
import type { LeavingDispatches } from './order-cancels.ts';
import { pushCancel } from './push-in-parts.ts';

const dispatchesAClaim = 64;
const windowExecutions = 5_000;
/** A tunnel in which this much waits gets nothing more until it is gone. */
const waitingBytesMax = 8 * 1024 * 1024;

export interface DispatchCarrier {
  /** There may be something to send: looks soon. */
  look(): void;
  stop(): Promise<void>;
}

export function startCarryingDispatches(options: {
  pool: Pool;
  relayId: string;
  held: HeldSatellites;
  leaving: LeavingDispatches;
  ringer: RunRinger;
  logger: Logger;
  timing: { readonly pollMs: number; readonly resendMs: number };
}): DispatchCarrier {
  const { pool, relayId, held, leaving, ringer, logger, timing } = options;
  const limits = { windowExecutions, resendMs: timing.resendMs, dispatchesMax: dispatchesAClaim };
  let isStopped = false;
  let isWanted = false;
  let looking: Promise<void> | null = null;
  const timer = setInterval(look, timing.pollMs);

  function look(): void {
    if (isStopped) return;
    isWanted = true;
    looking ??= carryAll().finally(() => {
      looking = null;
      if (isWanted) look();
    });
  }

  async function carryAll(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      const free = held
        .all()
        .filter((satellite) => satellite.isHeard() && satellite.out.waitingBytes() < waitingBytesMax);
      try {
        const claimed = await leaving.hold(async () => {
          const dispatches = await claimDispatches(pool, relayId, free, limits);
          for (const dispatch of dispatches) send(dispatch);
          return dispatches;
        });
        ringFor(claimed);
        if (claimed.length === dispatchesAClaim) isWanted = true;
      } catch (error) {
        // What was claimed in vain is sent again after `resendMs`. The next look comes with the clock.
        isWanted = false;
        logger.error({ err: error }, 'waiting dispatches could not be read, it is tried again');
      }
    }
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

  return {
    look,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}
