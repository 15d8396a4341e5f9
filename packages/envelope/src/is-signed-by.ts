// Entered by what a satellite signs with its own key: a change of it, an enrolment. Pure.
import { verify } from 'node:crypto';
import { importPublicKey } from './dispatch-key.ts';

/** False for anything but a valid signature, base64url in its one spelling, by this Ed25519 key (SPKI DER, base64url). Never throws. */
export function isSignedBy(publicKey: string, input: Uint8Array, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64 || bytes.toString('base64url') !== signature) return false;
  try {
    return verify(null, input, importPublicKey(publicKey), bytes);
  } catch {
    // It is no Ed25519 key, or a point that no key has.
    return false;
  }
}
