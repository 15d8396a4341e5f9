// Pulls signed dispatches of the satellites that this relay holds and sends them down their tunnels. Rung by doorbells and
// connects, polls slowly besides. Marks dispatches as sent before the frame leaves.
import type { Pool } from '@sena/db/tenant';
import { type ClaimedDispatch, claimDispatches } from '@sena/runs/claim-dispatches';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';

const pollMs = 2_000;
const dispatchesAClaim = 64;
/** A satellite with this many executions under way gets no more until some are done. */
const outstandingMax = 5_000;

export interface DispatchCarrier {
  /** There may be something to send: looks soon. */
  look(): void;
  stop(): Promise<void>;
}

export function startCarryingDispatches(options: {
  pool: Pool;
  relayId: string;
  held: HeldSatellites;
  signals: Signals;
  logger: Logger;
}): DispatchCarrier {
  const { pool, relayId, held, signals, logger } = options;
  let isStopped = false;
  let isWanted = false;
  let looking: Promise<void> | null = null;
  const timer = setInterval(look, pollMs);

  function look(): void {
    isWanted = true;
    looking ??= carryAll().finally(() => {
      looking = null;
      if (isWanted && !isStopped) look();
    });
  }

  async function carryAll(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      try {
        const free = held.all().filter((satellite) => satellite.outstanding < outstandingMax);
        const claimed = await claimDispatches(pool, relayId, free, dispatchesAClaim);
        for (const dispatch of claimed) send(dispatch);
        if (claimed.length === dispatchesAClaim) isWanted = true;
      } catch (error) {
        logger.error({ err: error }, 'waiting dispatches could not be read, it is tried again');
        return;
      }
    }
  }

  function send(dispatch: ClaimedDispatch): void {
    const satellite = held.find(dispatch.satelliteId);
    // Gone since the claim: it is reconciled when the satellite connects again.
    if (satellite !== undefined)
      sendDispatch(satellite, dispatch.dispatchId, dispatch.envelope, dispatch.executionCount);
    void signals.ring(dispatch.organizationId, 'runEvents', { runId: dispatch.runId, seq: dispatch.eventSeq });
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

export function sendDispatch(
  satellite: HeldSatellite,
  dispatchId: string,
  envelope: string,
  executionCount: number,
): void {
  satellite.outstanding += executionCount;
  satellite.out.push({ t: 'dispatch', dispatchId, envelope });
}
