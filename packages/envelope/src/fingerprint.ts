// Entered wherever a person compares keys: enrolment, the join command, status. Pure.
import { createHash } from 'node:crypto';

/** `SHA256:` and the unpadded base64 SHA-256 of the key's SPKI DER: 43 characters after the colon. */
export function publicKeyFingerprint(spkiDer: Uint8Array): `SHA256:${string}` {
  return `SHA256:${createHash('sha256').update(spkiDer).digest('base64').replace(/=+$/, '')}`;
}
