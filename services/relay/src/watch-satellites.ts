// Keeps what PostgreSQL knows of the satellites held here in step: reports presence, and closes tunnels that are revoked or were
// taken by another relay. Rung by doorbells for a revocation, by the clock besides.
import { inOrganization, type Pool } from '@sena/db/tenant';
import { reportPresence } from '@sena/fleet/satellite-presence';
import { listExecutionsToCancel } from '@sena/runs/execution/list-executions-to-cancel';
import type { Logger } from '@sena/telemetry/logger';
import type { LeavingDispatches } from './dispatch/order-cancels.ts';
import { pushCancel } from './dispatch/push-in-parts.ts';
import type { HeldSatellites } from './held-satellites.ts';

export function startWatchingSatellites(options: {
  pool: Pool;
  relayId: string;
  held: HeldSatellites;
  leaving: LeavingDispatches;
  logger: Logger;
  presenceMs: number;
}): {
  check(): Promise<void>;
  /** Resolves when no report is under way that may name a satellite which is no longer held. */
  settled(): Promise<void>;
  stop(): Promise<void>;
} {
  const { pool, relayId, held, leaving, logger } = options;
  let checking = Promise.resolve();
  const timer = setInterval(check, options.presenceMs);

  function check(): Promise<void> {
    checking = checking.then(checkAll).catch((error: unknown) => {
      logger.error({ err: error }, 'presence of satellites could not be reported, it is tried again');
    });
    return checking;
  }

  async function checkAll(): Promise<void> {
    for (const [organizationId, satellites] of Map.groupBy(held.all(), (satellite) => satellite.organizationId)) {
      await tellOfCancels(pool, organizationId, held, leaving, satellites);
      // One that has left meanwhile, or may have while this process was stopped, is not reported: that would say it is still here.
      const present = satellites.filter(
        (satellite) => held.find(satellite.satelliteId) === satellite && satellite.isHeard(),
      );
      const kept = await reportPresence(pool, relayId, organizationId, present);
      for (const satellite of present) {
        if (kept.has(satellite.satelliteId)) continue;
        logger.warn({ satelliteId: satellite.satelliteId }, 'a tunnel is closed: revoked, or connected elsewhere');
        satellite.close(4403, 'revoked or connected elsewhere');
      }
    }
  }

  return {
    check,
    settled: () => checking,
    async stop() {
      clearInterval(timer);
      await checking;
    },
  };
}

/** Again and again while a cancelled run has executions under way: the doorbell may have been lost, and twice is once. */
async function tellOfCancels(
  pool: Pool,
  organizationId: string,
  held: HeldSatellites,
  leaving: LeavingDispatches,
  satellites: ReadonlyArray<{ satelliteId: string }>,
): Promise<void> {
  const ids = satellites.map((satellite) => satellite.satelliteId);
  const cancels = await inOrganization(pool, organizationId, (transaction) => listExecutionsToCancel(transaction, ids));
  if (cancels.length > 0) await leaving.settled();
  for (const { satelliteId, executionIds, stop } of cancels) {
    const satellite = held.find(satelliteId);
    if (satellite !== undefined) pushCancel(satellite, executionIds, stop);
  }
}
