// Asks the satellites that this relay holds to witness their organization's last checkpoint of the audit. By the clock and when one
// connects. Reads only; what they answer goes to receive-witness.

import { readLastCheckpoint, readWitnessedSizes } from '@sena/audit/read-checkpoints';
import { readConsistencyProof } from '@sena/audit/read-consistency-proof';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import { keepLooking, type Looking } from '../dispatch/keep-looking.ts';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';

/** The first protocol that has the frame. */
const protocolMin = 2;
/** One that does not answer is asked again, as often as this many looks have passed. */
const looksToAnswer = 3;

export interface CheckpointCarrier extends Looking {
  /** It has said which size it saw last: it is asked again, once, with a proof that begins there. */
  sawLast(satellite: HeldSatellite, seenSize: number): void;
  /** Over this connection it is not asked about the same size again. */
  refused(satellite: HeldSatellite): void;
}

/** Of a connection. */
type Asked = { readonly size: number } & (
  | { readonly kind: 'waiting'; readonly looks: number; readonly isSecondQuestion: boolean }
  /** In its own words. */
  | { readonly kind: 'saw'; readonly seenSize: number }
  | { readonly kind: 'refused' }
);

export function startCarryingCheckpoints(options: {
  pool: Pool;
  held: HeldSatellites;
  logger: Logger;
  pollMs: number;
}): CheckpointCarrier {
  const { pool, held, logger, pollMs } = options;
  const askedOf = new WeakMap<HeldSatellite, Asked>();

  async function carry(): Promise<'all'> {
    const able = held.all().filter((satellite) => satellite.protocol >= protocolMin && satellite.isHeard());
    for (const [organizationId, satellites] of Map.groupBy(able, (satellite) => satellite.organizationId)) {
      try {
        await ask(organizationId, satellites);
      } catch (error) {
        logger.error({ err: error, organizationId }, 'satellites could not be asked to witness, it is tried again');
      }
    }
    return 'all';
  }

  async function ask(organizationId: string, satellites: readonly HeldSatellite[]): Promise<void> {
    await inOrganization(pool, organizationId, async (transaction) => {
      const last = await readLastCheckpoint(transaction);
      if (last === null) return;
      const { size } = last.checkpoint;
      const ids = satellites.map((satellite) => satellite.satelliteId);
      const signedSizes = await readWitnessedSizes(transaction, ids);
      for (const satellite of satellites) {
        const asked = askedOf.get(satellite);
        const signedSize = signedSizes.get(satellite.satelliteId) ?? 0;
        if (asked?.size === size && !isToBeAskedAgain(satellite, asked, signedSize)) continue;
        const saw = asked?.kind === 'saw' ? asked.seenSize : null;
        const seenSize = saw ?? signedSize;
        // Beyond what there is nothing can be shown: it is asked all the same, and says that the chain was rolled back.
        const fromSize = seenSize > size ? 0 : seenSize;
        const proof = await readConsistencyProof(transaction, fromSize, size);
        askedOf.set(satellite, { size, kind: 'waiting', looks: 0, isSecondQuestion: saw !== null });
        satellite.out.push({ t: 'checkpoint', ...last, proof });
      }
    });
  }

  /** A new connection is asked also when it has signed, so that a database which was set back is noticed. */
  function isToBeAskedAgain(satellite: HeldSatellite, asked: Asked, signedSize: number): boolean {
    if (asked.kind !== 'waiting') return asked.kind === 'saw';
    if (signedSize === asked.size) return false;
    const looks = asked.looks + 1;
    askedOf.set(satellite, { ...asked, looks });
    return looks >= looksToAnswer;
  }

  const looking = keepLooking(pollMs, carry, (error) => {
    logger.error({ err: error }, 'checkpoints could not be read, it is tried again');
  });
  return {
    ...looking,
    sawLast(satellite, seenSize) {
      const asked = askedOf.get(satellite);
      if (asked?.kind !== 'waiting' || asked.isSecondQuestion) return;
      askedOf.set(satellite, { size: asked.size, kind: 'saw', seenSize });
      looking.look();
    },
    refused(satellite) {
      const asked = askedOf.get(satellite);
      if (asked !== undefined) askedOf.set(satellite, { size: asked.size, kind: 'refused' });
    },
  };
}
