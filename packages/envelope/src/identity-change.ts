// A satellite changes its key: both keys sign the same words. Entered by the satellite (sign), the relay (verify), and by whoever follows a
// satellite's keys later. Pure.
import { type KeyObject, sign } from 'node:crypto';
import { isSignedBy } from './is-signed-by.ts';

const context = 'sena-satellite-key-v1';

export interface IdentityChange {
  readonly satelliteId: string;
  /** SPKI DER, base64url. */
  readonly formerPublicKey: string;
  readonly publicKey: string;
  /** Of the connection over which it is told, so that it is told once. */
  readonly nonce: string;
  readonly relayId: string;
}

export function identityChangeInput(change: IdentityChange): Buffer {
  const { satelliteId, formerPublicKey, publicKey, nonce, relayId } = change;
  return Buffer.from(JSON.stringify([context, satelliteId, formerPublicKey, publicKey, nonce, relayId]), 'utf8');
}

/** base64url. Made twice: with the former key, which agrees, and with the new one, which proves that it is there. */
export function signIdentityChange(change: IdentityChange, privateKey: KeyObject): string {
  return sign(null, identityChangeInput(change), privateKey).toString('base64url');
}

/** False for anything but two valid signatures by two different Ed25519 keys in their one canonical spelling. */
export function isIdentityChangeSigned(change: IdentityChange, formerSignature: string, signature: string): boolean {
  if (change.formerPublicKey === change.publicKey) return false;
  const input = identityChangeInput(change);
  return isSignedBy(change.formerPublicKey, input, formerSignature) && isSignedBy(change.publicKey, input, signature);
}
