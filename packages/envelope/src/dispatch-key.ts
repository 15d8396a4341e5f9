// Entered by the signer (makes and opens its keys) and by whoever pins or checks one. Ed25519 only.
// Pure: storing a key is the caller's business.
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { publicKeyFingerprint } from './fingerprint.ts';

/** SPKI DER of an Ed25519 key is this and 32 bytes. */
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

export type KeyPair = {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** SPKI DER, base64url. */
  publicKeySpki: string;
  fingerprint: `SHA256:${string}`;
};

export function generateKeyPair(): KeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return describePair(privateKey, publicKey);
}

/** PKCS#8 DER, base64url. Secret. */
export function exportPrivateKey(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64url');
}

/** From PKCS#8 DER, base64url. Throws when it is not an Ed25519 key; the error never contains the text. */
export function importPrivateKey(pkcs8: string): KeyPair {
  let privateKey: KeyObject;
  try {
    privateKey = createPrivateKey({ key: Buffer.from(pkcs8, 'base64url'), format: 'der', type: 'pkcs8' });
  } catch {
    throw new Error('This is not a private key in PKCS#8 DER, base64url.');
  }
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new Error('The private key is not an Ed25519 key.');
  return describePair(privateKey, createPublicKey(privateKey));
}

/** From SPKI DER, base64url, in its one canonical spelling. Throws when it is anything but an Ed25519 key. */
export function importPublicKey(spki: string): KeyObject {
  const der = Buffer.from(spki, 'base64url');
  const canonical = der.toString('base64url') === spki;
  if (!canonical || der.length !== spkiPrefix.length + 32 || !der.subarray(0, spkiPrefix.length).equals(spkiPrefix)) {
    throw new Error('This is not an Ed25519 public key in SPKI DER, base64url.');
  }
  return createPublicKey({ key: der, format: 'der', type: 'spki' });
}

/** The fingerprint of an SPKI DER, base64url, public key. Throws like `importPublicKey`. */
export function fingerprintOf(spki: string): `SHA256:${string}` {
  importPublicKey(spki);
  return publicKeyFingerprint(Buffer.from(spki, 'base64url'));
}

function describePair(privateKey: KeyObject, publicKey: KeyObject): KeyPair {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return {
    privateKey,
    publicKey,
    publicKeySpki: der.toString('base64url'),
    fingerprint: publicKeyFingerprint(der),
  };
}
