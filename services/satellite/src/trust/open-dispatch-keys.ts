// The dispatch keys that this satellite believes, as they change: from the pinned one on, each under the signature of the one before. Entered
// by the tunnel and by whatever verifies. Writes the enrolment, on disk before a new key is believed.
import type { KeyObject } from 'node:crypto';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { importPublicKey } from '@sena/envelope/dispatch-key';
import { followKeyStatements, type KeyTrust } from '@sena/envelope/follow-key-statements';
import type { Logger } from '@sena/telemetry/logger';
import { type Enrolment, writeEnrolment } from '../config/enrolment.ts';
import { clockSkewMsMax } from '../dispatch/receive-dispatch.ts';

type KeysFrame = Extract<RelayFrame, { t: 'dispatch-keys' }>;
type Answer = Extract<SatelliteFrame, { t: 'dispatch-keys-followed' | 'dispatch-keys-refused' }>;

export interface DispatchKeys {
  /** Believed now. Changes when the newest key says so. */
  readonly believed: ReadonlyMap<string, KeyObject>;
  /** Retired ones too: of what was journaled while they were believed. */
  readonly known: ReadonlyMap<string, KeyObject>;
  /** For the hello. */
  newest(): { sequence: number; newestKeyId: string };
  /** Null: it could not be kept, so nothing is learned or said; it is told again. */
  receive(frame: KeysFrame): Promise<Answer | null>;
}

export function openDispatchKeys(file: string, enrolment: Enrolment, logger: Logger): DispatchKeys {
  const { organizationId } = enrolment;
  let trust: KeyTrust = {
    sequence: enrolment.keySequence,
    newestKeyId: enrolment.newestKeyId ?? enrolment.dispatchKeys[0]?.keyId ?? '',
    keys: enrolment.dispatchKeys,
  };
  const believed = new Map<string, KeyObject>();
  const known = new Map<string, KeyObject>();
  take();

  function take(): void {
    for (const { keyId, publicKey, retiredAt } of trust.keys) {
      const key = known.get(keyId) ?? importPublicKey(publicKey);
      known.set(keyId, key);
      if (retiredAt === null) believed.set(keyId, key);
      else believed.delete(keyId);
    }
  }

  return {
    believed,
    known,
    newest: () => ({ sequence: trust.sequence, newestKeyId: trust.newestKeyId }),
    async receive({ statements }) {
      const now = new Date();
      const {
        trust: next,
        followed,
        refusal,
      } = await followKeyStatements(trust, statements, {
        ...{ organizationId, now, clockSkewMsMax },
      });
      if (followed.length > 0) {
        try {
          writeEnrolment(file, {
            ...{ ...enrolment, dispatchKeys: [...next.keys], keySequence: next.sequence },
            newestKeyId: next.newestKeyId,
          });
        } catch (error) {
          logger.error(
            { err: error },
            'a new dispatch key could not be kept, so it is not believed. Is the disk full?',
          );
          return null;
        }
        trust = next;
        take();
        for (const statement of followed) {
          if (statement.kind === 'succession')
            logger.info({ keyId: statement.keyId, by: statement.previousKeyId }, 'a new dispatch key is believed');
          else logger.info({ keyId: statement.retiredKeyId }, 'a dispatch key is no longer believed');
        }
      }
      const { sequence, newestKeyId } = trust;
      // Twice the same is no attack: a relay tells again what it has not heard an answer to.
      if (refusal === null || refusal.code === 'statement_replayed')
        return { t: 'dispatch-keys-followed', sequence, newestKeyId };
      logger.error(
        { code: refusal.code, sequence },
        `new dispatch keys are not believed: ${refusal.message} Ask who has changed them, and enrol this satellite again if it was you.`,
      );
      return { t: 'dispatch-keys-refused', sequence, code: refusal.code, message: refusal.message.slice(0, 500) };
    },
  };
}
