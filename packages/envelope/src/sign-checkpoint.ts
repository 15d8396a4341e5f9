// What is signed of a checkpoint: by the signer, by the satellites that have seen it follow from the last one. And whether it is. Pure.
import { type KeyObject, sign, verify } from 'node:crypto';
import type { Checkpoint, Cosignature } from '@sena/contracts/domain/checkpoint';
import { importPublicKey } from './dispatch-key.ts';

type Unsigned = Omit<Checkpoint, 'signature'>;

export function signCheckpoint(checkpoint: Unsigned, privateKey: KeyObject): Checkpoint {
  return { ...checkpoint, signature: sign(null, checkpointText(checkpoint), privateKey).toString('base64url') };
}

/** False for anything but a signature by this key (SPKI DER, base64url) over exactly this. Never throws. */
export function isCheckpointSigned(checkpoint: Checkpoint, publicKey: string): boolean {
  return isSigned(checkpointText(checkpoint), publicKey, checkpoint.signature);
}

/** By a satellite's identity key: its words can't be taken for those of a hello, nor the other way round. */
export function cosign(
  checkpoint: Checkpoint,
  witness: { satelliteId: string; publicKey: string; privateKey: KeyObject },
  at: Date,
): Cosignature {
  const { satelliteId, publicKey } = witness;
  const said = { satelliteId, publicKey, at: at.toISOString() };
  return {
    ...said,
    signature: sign(null, cosignatureText(checkpoint, said), witness.privateKey).toString('base64url'),
  };
}

/** By the key that it names; whether that is the satellite's is the caller's to know. Never throws. */
export function isCosigned(checkpoint: Checkpoint, cosignature: Cosignature): boolean {
  return isSigned(cosignatureText(checkpoint, cosignature), cosignature.publicKey, cosignature.signature);
}

function checkpointText({ organizationId, size, root, headHash, at, keyId }: Unsigned): Buffer {
  return Buffer.from(JSON.stringify(['sena-audit-checkpoint-v1', organizationId, size, root, headHash, at, keyId]));
}

function cosignatureText(checkpoint: Checkpoint, { satelliteId, at }: Omit<Cosignature, 'signature'>): Buffer {
  const checkpointSaid = checkpointText(checkpoint).toString();
  return Buffer.from(
    JSON.stringify(['sena-audit-cosignature-v1', satelliteId, at, checkpointSaid, checkpoint.signature]),
  );
}

function isSigned(text: Buffer, publicKey: string, signature: string): boolean {
  const bytes = Buffer.from(signature, 'base64url');
  if (bytes.length !== 64 || bytes.toString('base64url') !== signature) return false;
  try {
    return verify(null, text, importPublicKey(publicKey), bytes);
  } catch {
    return false;
  }
}
