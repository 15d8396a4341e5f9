// What a superuser forges beside the approval, in the words of those who try it. Types only.
import type { SoftwareAssertion } from '@sena/testing/software-passkey';
import type { SeededRandom } from '../../faults/seeded-random.ts';
import type { AnyColumn } from './any-column.ts';
import type { Asked, Draft } from './draft.ts';
import type { Stage } from './open-stage.ts';
import type { SignedEnvelope } from './sign-for-absent.ts';

/** A change that Adam approved and that ran. */
export interface Spent extends Asked {
  readonly dispatchId: string;
  readonly satelliteId: string;
  readonly assertion: SoftwareAssertion;
  readonly keyId: string;
  readonly jws: string;
}

export interface TechniqueContext {
  readonly stage: Stage;
  readonly random: SeededRandom;
  /** A line that nobody was ever asked about. */
  readonly forged: string;
  readonly spent: Spent;
  /** Signed by the same key, for a satellite that is away, and by the other organization's. */
  readonly ofAbsent: SignedEnvelope;
  readonly ofEve: SignedEnvelope;
  readonly anyColumn: AnyColumn;
}

export interface Technique {
  readonly name: string;
  /** Of how many attacks of a round. */
  readonly weight: number;
  /** Whose consent: forged in one of the ways there are; Adam's own, over what he was shown; or none is needed for what it does. */
  readonly consent: 'forged' | 'Adam’s' | 'none';
  /** It is asked for ahead of its time. */
  readonly isAhead?: true;
  /** Nobody need say anything about it. */
  readonly isSilent?: true;
  forge(draft: Draft, context: TechniqueContext): void | Promise<void>;
}
