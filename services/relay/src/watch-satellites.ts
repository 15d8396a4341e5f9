// Keeps what PostgreSQL knows of the satellites held here in step: reports presence, and closes tunnels that are revoked or were
// taken by another relay. Rung by doorbells for a revocation, by the clock besides.
import type { Pool } from '@sena/db/tenant';
import { reportPresence } from '@sena/fleet/satellite-presence';
import type { Logger } from '@sena/telemetry/logger';
import type { HeldSatellites } from './held-satellites.ts';

export function startWatchingSatellites(options: {
  pool: Pool;
  relayId: string;
  held: HeldSatellites;
  logger: Logger;
  presenceMs: number;
}): {
  check(): Promise<void>;
  stop(): Promise<void>;
} {
  const { pool, relayId, held, logger } = options;
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
      const kept = await reportPresence(pool, relayId, organizationId, satellites);
      for (const satellite of satellites) {
        if (kept.has(satellite.satelliteId)) continue;
        logger.warn({ satelliteId: satellite.satelliteId }, 'a tunnel is closed: revoked, or connected elsewhere');
        satellite.close(4403, 'revoked or connected elsewhere');
      }
    }
  }

  return {
    check,
    async stop() {
      clearInterval(timer);
      await checking;
    },
  };
}
