// Tells satellites what their organization's dispatch keys say of each other: at their coming, when it is rung, by the clock. Reads only;
// what they answer goes to receive-key-answer. Whether to believe it is the satellite's business.
import { keyStatementsMax } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import { keepLooking } from '../dispatch/keep-looking.ts';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';

/** The first protocol that has the frame. */
const protocolMin = 3;

export interface DispatchKeyCarrier {
  look(): void;
  /** Resolves when what they have missed stands in their tunnels, before whatever is pushed after that. */
  tell(satellites: readonly HeldSatellite[]): Promise<void>;
  stop(): Promise<void>;
}

export function startCarryingDispatchKeys(options: {
  pool: Pool;
  held: HeldSatellites;
  logger: Logger;
  pollMs: number;
}): DispatchKeyCarrier {
  const { pool, held, logger, pollMs } = options;

  async function tell(satellites: readonly HeldSatellite[]): Promise<void> {
    const able = satellites.filter(({ protocol, keys }) => protocol >= protocolMin && !keys.isRefusing);
    for (const [organizationId, those] of Map.groupBy(able, (satellite) => satellite.organizationId)) {
      const from = Math.min(...those.map(({ keys }) => keys.sequence));
      const found = await inOrganization(pool, organizationId, (transaction) =>
        transaction.query<{ sequence: string; jws: string }>(
          'select sequence, jws from dispatch_key_statements where sequence > $1 order by sequence limit $2',
          [from, keyStatementsMax],
        ),
      );
      for (const satellite of those) {
        const statements = found.rows
          .filter(({ sequence }) => Number(sequence) > satellite.keys.sequence)
          .map(({ jws }) => jws);
        if (statements.length > 0) satellite.out.push({ t: 'dispatch-keys', statements });
      }
    }
  }

  const looking = keepLooking(
    pollMs,
    async () => {
      await tell(held.all().filter((satellite) => satellite.isHeard()));
      return 'all';
    },
    (error) => logger.error({ err: error }, 'satellites could not be told of dispatch keys, it is tried again'),
  );
  return { look: looking.look, tell, stop: looking.stop };
}
