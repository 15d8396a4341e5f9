// Asks the satellites that this relay holds to witness their organization's last checkpoint of the audit. By the clock. Reads only; what
// they answer goes to receive-witness.
import { readLastCheckpoint, readWitnessedSizes } from '@sena/audit/read-checkpoints';
import { readConsistencyProof } from '@sena/audit/read-consistency-proof';
import type { ConsistencyProof } from '@sena/contracts/domain/checkpoint';
import { inOrganization, type Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import { keepLooking } from '../dispatch/keep-looking.ts';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';

/** The first protocol that has the frame. */
const protocolMin = 2;
/** One that does not answer is asked again, as often as this many looks have passed. */
const looksToAnswer = 3;
/** Of an organization. Where there are more, they take turns: ten thousand signatures a minute would be work for nothing. */
const satellitesALook = 64;

export interface CheckpointCarrier {
  stop(): Promise<void>;
  /** It has said which size it saw last: it is asked again, once, with a proof that begins there. */
  sawLast(satellite: HeldSatellite, seenSize: number): void;
  /** Over this connection it is not asked about the same size again. */
  refused(satellite: HeldSatellite): void;
}

/** Of a connection. */
type Asked = { readonly size: number; readonly atMs: number } & (
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
      const { checkpoint, key, certifiedBy } = last;
      const { size } = checkpoint;
      const ids = satellites.map((satellite) => satellite.satelliteId);
      const signedSizes = await readWitnessedSizes(transaction, ids);
      const wanting = satellites.filter((satellite) => {
        // One that does not believe the key yet which names that of checkpoints would have to refuse.
        const { newestKeyId } = satellite.keys;
        if (certifiedBy !== null && newestKeyId !== null && newestKeyId !== certifiedBy) return false;
        const asked = askedOf.get(satellite);
        return asked?.size !== size || isToBeAskedAgain(satellite, asked, signedSizes.get(satellite.satelliteId) ?? 0);
      });
      const askedAtMs = (satellite: HeldSatellite) => askedOf.get(satellite)?.atMs ?? 0;
      const next = wanting.toSorted((a, b) => askedAtMs(a) - askedAtMs(b)).slice(0, satellitesALook);
      const proofs = new Map<number, ConsistencyProof>();
      for (const satellite of next) {
        const asked = askedOf.get(satellite);
        const saw = asked?.kind === 'saw' ? asked.seenSize : null;
        const seenSize = saw ?? signedSizes.get(satellite.satelliteId) ?? 0;
        // Beyond what there is nothing can be shown: it is asked all the same, and says that the chain was rolled back.
        const fromSize = seenSize > size ? 0 : seenSize;
        const proof = proofs.get(fromSize) ?? (await readConsistencyProof(transaction, fromSize, size));
        proofs.set(fromSize, proof);
        askedOf.set(satellite, { size, atMs: Date.now(), kind: 'waiting', looks: 0, isSecondQuestion: saw !== null });
        satellite.out.push({ t: 'checkpoint', checkpoint, key, proof });
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
    stop: looking.stop,
    sawLast(satellite, seenSize) {
      const asked = askedOf.get(satellite);
      if (asked?.kind !== 'waiting' || asked.isSecondQuestion) return;
      askedOf.set(satellite, { size: asked.size, atMs: asked.atMs, kind: 'saw', seenSize });
    },
    refused(satellite) {
      const asked = askedOf.get(satellite);
      if (asked !== undefined) askedOf.set(satellite, { size: asked.size, atMs: asked.atMs, kind: 'refused' });
    },
  };
}
