// This satellite's own key, and how it becomes another one. The next key lies beside it until the relay has said that it took it: whichever
// side stops in between, one of the two opens the tunnel. Entered by the tunnel. Writes the two key files.
import { existsSync, statSync } from 'node:fs';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { signIdentityChange } from '@sena/envelope/identity-change';
import type { Logger } from '@sena/telemetry/logger';
import { createIdentity, type Identity, loadIdentity, promoteIdentity } from '../config/identity.ts';
import type { StateFiles } from '../config/state-directory.ts';

type Changed = Extract<RelayFrame, { t: 'identity-changed' }>;

export interface OwnIdentity {
  current(): Identity;
  /** The one to say hello with next. */
  toShow(): Identity;
  /** The relay does not know that key: whether there is another one to try at once. */
  isUnknown(shown: Identity): boolean;
  /** That key has opened the tunnel. */
  wasTaken(shown: Identity): void;
  /** What to say over this connection, or null: no key waits to take this one's place. */
  change(connection: { nonce: string; relayId: string }): Extract<SatelliteFrame, { t: 'change-identity' }> | null;
  receive(frame: Changed): void;
}

/** `daysMax`: a key that is older is changed by itself; undefined: never. Throws `OperatorError` like `loadIdentity`. */
export function openIdentity(
  state: StateFiles,
  { satelliteId, daysMax, logger }: { satelliteId: string; daysMax: number | undefined; logger: Logger },
): OwnIdentity {
  let current = loadIdentity(state.identityKey);
  let isNextShown = false;

  function next(): Identity | null {
    if (existsSync(state.nextIdentityKey)) return loadIdentity(state.nextIdentityKey);
    if (daysMax === undefined) return null;
    const ageMs = Date.now() - statSync(state.identityKey).mtimeMs;
    return ageMs > daysMax * 86_400_000 ? createIdentity(state.nextIdentityKey) : null;
  }

  function promote(identity: Identity): void {
    promoteIdentity(state);
    current = identity;
    isNextShown = false;
    logger.info(
      { fingerprint: identity.fingerprint },
      'this satellite has another key; the former one is worth nothing any more',
    );
  }

  return {
    current: () => current,
    toShow: () => (isNextShown ? (next() ?? current) : current),
    isUnknown(shown) {
      const waiting = next();
      if (waiting === null || shown.fingerprint === waiting.fingerprint) {
        isNextShown = false;
        return false;
      }
      // The relay took it, and its answer was lost.
      isNextShown = true;
      return true;
    },
    wasTaken(shown) {
      if (shown.fingerprint !== current.fingerprint) promote(shown);
    },
    change({ nonce, relayId }) {
      const waiting = next();
      if (waiting === null) return null;
      const change = {
        ...{ satelliteId, nonce, relayId },
        ...{ formerPublicKey: current.publicKeySpki, publicKey: waiting.publicKeySpki },
      };
      return {
        ...{ t: 'change-identity', publicKey: waiting.publicKeySpki },
        formerSignature: signIdentityChange(change, current.privateKey),
        signature: signIdentityChange(change, waiting.privateKey),
      };
    },
    receive({ publicKey, accepted, message }) {
      const waiting = existsSync(state.nextIdentityKey) ? loadIdentity(state.nextIdentityKey) : null;
      if (waiting?.publicKeySpki !== publicKey) return;
      if (accepted) return promote(waiting);
      // It stays: should the relay have taken it all the same, by an answer that was lost, it is the one that opens the tunnel.
      logger.error(
        { reason: message },
        'the relay did not take the new key of this satellite, it is told again with the next connection',
      );
    },
  };
}
