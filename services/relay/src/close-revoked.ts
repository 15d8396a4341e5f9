// Closes tunnels of satellites that were revoked or locked, within two seconds when no doorbell rings. Entered by the clock and by doorbells. One
// read for everybody who is held here, over all organizations, and one of few rows: it is not asked who is held. Writes nothing.
import type { Pool } from '@sena/db/tenant';
import { listLatelyClosedSatellites } from '@sena/fleet/satellite-presence';
import type { Logger } from '@sena/telemetry/logger';
import { keepLooking, type Looking } from './dispatch/keep-looking.ts';
import type { HeldSatellite, HeldSatellites } from './held-satellites.ts';

/** What is older, when this process was stopped meanwhile, is found with the next report of presence. */
const lookBackMs = 10 * 60_000;

export function startClosingRevoked(options: {
  pool: Pool;
  held: HeldSatellites;
  logger: Logger;
  pollMs: number;
}): Looking<never> {
  const { pool, held, logger, pollMs } = options;
  /** Their closing is under way: they stay among those held until the other end has answered. */
  const closing = new WeakSet<HeldSatellite>();
  return keepLooking(
    pollMs,
    async () => {
      for (const satelliteId of await listLatelyClosedSatellites(pool, lookBackMs)) {
        const satellite = held.find(satelliteId);
        if (satellite === undefined || closing.has(satellite)) continue;
        closing.add(satellite);
        logger.warn({ satelliteId }, 'a tunnel is closed: its satellite was revoked or locked');
        satellite.close(4403, 'revoked or locked');
      }
      return 'all';
    },
    (error) => logger.error({ err: error }, 'revoked satellites could not be looked for, it is tried again'),
  );
}
