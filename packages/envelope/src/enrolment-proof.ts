// A satellite that enrols shows that the private key of what it enrols is there. Entered by the satellite (sign) and by the fleet (verify),
// before anything is written. Pure.
import { createHash, type KeyObject, sign } from 'node:crypto';
import { isSignedBy } from './is-signed-by.ts';

const context = 'sena-enrolment-v1';

export interface EnrolmentProof {
  /** Its hash is signed, so that the proof is worth nothing with another token, and says nothing about this one. */
  readonly token: string;
  /** The fingerprints of dispatch keys that the operator gave to the satellite: the organization that it means to join. */
  readonly pins: readonly string[];
  /** SPKI DER, base64url. */
  readonly publicKey: string;
}

export function enrolmentProofInput({ token, pins, publicKey }: EnrolmentProof): Buffer {
  const tokenHash = createHash('sha256').update(token).digest('hex');
  return Buffer.from(JSON.stringify([context, tokenHash, pins, publicKey]), 'utf8');
}

/** base64url, by the private key of `publicKey`. */
export function signEnrolment(proof: EnrolmentProof, privateKey: KeyObject): string {
  return sign(null, enrolmentProofInput(proof), privateKey).toString('base64url');
}

/** False for anything but a valid signature by this very key over these very words. Never throws. */
export function isEnrolmentSigned(proof: EnrolmentProof, signature: string): boolean {
  return isSignedBy(proof.publicKey, enrolmentProofInput(proof), signature);
}
