// Entered by the signer alone, after it has re-read what it is about to sign. Touches nothing but its arguments.
import type { KeyObject } from 'node:crypto';
import { type DispatchEnvelope, dispatchEnvelopeSchema, envelopeType } from '@sena/contracts/envelope';
import { CompactSign, type CryptoKey } from 'jose';

export type SigningKey = {
  /** Goes into the header as `kid`; satellites have pinned this key under the same name. */
  keyId: string;
  privateKey: KeyObject | CryptoKey;
};

/** A compact JWS (EdDSA, Ed25519). Throws a ZodError when the envelope is not one a satellite would accept. */
export async function signEnvelope(envelope: DispatchEnvelope, key: SigningKey): Promise<string> {
  const payload = JSON.stringify(dispatchEnvelopeSchema.parse(envelope));
  return await new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ: envelopeType })
    .sign(key.privateKey);
}
