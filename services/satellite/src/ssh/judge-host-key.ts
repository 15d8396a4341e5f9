// Entered inside every SSH handshake: may this be the node? Unknown means no. Pure.
import { timingSafeEqual } from 'node:crypto';
import { hostKeyFingerprint, hostKeyType, type KnownHostKeys } from './known-hosts.ts';

export type HostKeyVerdict =
  | { kind: 'trusted' }
  | { kind: 'refused'; reason: 'host_key_mismatch' | 'host_key_unknown'; detail: string };

export type HostKeyExpectations = {
  address: string;
  port: number;
  /** The satellite's own pins. */
  known: KnownHostKeys;
  /** `SHA256:…` from the signed envelope, or null. */
  expected: string | null;
};

/** Everything that is known has to agree; when nothing is known, nobody is trusted. */
export function judgeHostKey(key: Buffer, expectations: HostKeyExpectations): HostKeyVerdict {
  const { address, port, known, expected } = expectations;
  const shown = `${hostKeyType(key)} ${hostKeyFingerprint(key)}`;
  const place = `${address}:${port}`;
  if (known.revoked.some((revoked) => isSame(revoked, key))) {
    return mismatch(`${place} shows a key that known_hosts on the satellite marks as revoked (${shown}).`);
  }
  if (known.trusted.length > 0 && !known.trusted.some((trusted) => isSame(trusted, key))) {
    return mismatch(
      `${place} shows another host key (${shown}) than the satellite has pinned. ` +
        'If the node was rebuilt, remove its old line from known_hosts and run `satellite trust` again.',
    );
  }
  if (expected !== null && expected !== hostKeyFingerprint(key)) {
    return mismatch(
      `${place} shows the host key ${shown}; the node is registered with ${expected}. Find out which is right.`,
    );
  }
  if (known.trusted.length === 0 && expected === null) {
    return {
      kind: 'refused',
      reason: 'host_key_unknown',
      detail: `Nobody has confirmed the host key of ${place} (${shown}). On the satellite run: satellite trust --host ${place}`,
    };
  }
  return { kind: 'trusted' };
}

function mismatch(detail: string): HostKeyVerdict {
  return { kind: 'refused', reason: 'host_key_mismatch', detail };
}

function isSame(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}
