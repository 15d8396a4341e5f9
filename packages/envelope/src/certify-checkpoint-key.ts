// The dispatch key, which satellites have pinned, says which key signs checkpoints: so they learn it from nobody else. Signed by the
// signer, checked by satellites. Pure.
import type { KeyObject } from 'node:crypto';
import {
  type CheckpointKey,
  type CheckpointKeyClaim,
  checkpointKeyClaimSchema,
  checkpointKeyType,
} from '@sena/contracts/domain/checkpoint';
import { CompactSign, compactVerify } from 'jose';
import type { SigningKey } from './sign-envelope.ts';

/** A compact JWS of a type of its own. */
export async function certifyCheckpointKey(claim: CheckpointKeyClaim, key: SigningKey): Promise<string> {
  return await new CompactSign(new TextEncoder().encode(JSON.stringify(checkpointKeyClaimSchema.parse(claim))))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ: checkpointKeyType })
    .sign(key.privateKey);
}

/** `pinned`: dispatch keys by id. Never throws for what the certificate holds. */
export async function isCheckpointKeyCertified(
  { keyId, publicKey, certificate }: CheckpointKey,
  organizationId: string,
  pinned: ReadonlyMap<string, KeyObject>,
): Promise<boolean> {
  try {
    const { payload, protectedHeader } = await compactVerify(
      certificate,
      ({ kid }) => {
        const key = pinned.get(kid ?? '');
        if (key === undefined) throw new Error('not a pinned key');
        return key;
      },
      { algorithms: ['EdDSA'] },
    );
    if (protectedHeader.typ !== checkpointKeyType) return false;
    const claim = checkpointKeyClaimSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
    return claim.organizationId === organizationId && claim.keyId === keyId && claim.publicKey === publicKey;
  } catch {
    return false;
  }
}
