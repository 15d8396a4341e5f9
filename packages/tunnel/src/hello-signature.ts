// Entered by the relay (challenge, verify) and the satellite (sign) at the start of every connection. The key alone says
// who a satellite is. Pure.
import { type KeyObject, randomBytes, sign, verify } from 'node:crypto';

const context = 'sena-tunnel-hello-v1';
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** What a satellite signs: bound to this protocol, this connection's nonce, this relay and this key. */
export function helloSigningInput(nonce: string, relayId: string, publicKey: string): Buffer {
  return Buffer.from(JSON.stringify([context, nonce, relayId, publicKey]), 'utf8');
}

/** base64url Ed25519 signature for the `hello` frame. `publicKey`: SPKI DER, base64url, of the same key. */
export function signHello(nonce: string, relayId: string, publicKey: string, privateKey: KeyObject): string {
  return sign(null, helloSigningInput(nonce, relayId, publicKey), privateKey).toString('base64url');
}

export type HelloChallenge = {
  /** For the `challenge` frame: 32 random bytes, base64url. */
  readonly nonce: string;
  /** True once, for the right signature; every later call is false, so a recorded hello is worth nothing. Never rejects. */
  accepts(hello: { publicKey: string; signature: string }): Promise<boolean>;
};

/** One challenge a connection. Keep it no longer than the handshake's time limit. */
export function createHelloChallenge(relayId: string): HelloChallenge {
  const nonce = randomBytes(32).toString('base64url');
  let isUsed = false;
  return {
    nonce,
    async accepts({ publicKey, signature }) {
      if (isUsed) return false;
      isUsed = true;
      return isSignedHello(nonce, relayId, publicKey, signature);
    },
  };
}

/** False for anything but a valid signature by this Ed25519 key. Computed beside the event loop: thousands say hello in one moment. */
async function isSignedHello(nonce: string, relayId: string, publicKey: string, signature: string): Promise<boolean> {
  const der = Buffer.from(publicKey, 'base64url');
  const isEd25519 = der.length === spkiPrefix.length + 32 && der.subarray(0, spkiPrefix.length).equals(spkiPrefix);
  // One spelling only: the text is what enrolment stored and what revocation looks up.
  if (!isEd25519 || der.toString('base64url') !== publicKey) return false;
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64) return false;
  const key = { key: der, format: 'der', type: 'spki' } as const;
  const input = helloSigningInput(nonce, relayId, publicKey);
  return new Promise((resolve) =>
    verify(null, input, key, bytes, (error, isValid) => resolve(error === null && isValid)),
  );
}
