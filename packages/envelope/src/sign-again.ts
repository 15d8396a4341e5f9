// Entered by the signer alone, when a key is retired under which something still waits: the same words under another key. Pure.
import type { KeyObject } from 'node:crypto';
import { CompactSign, compactVerify } from 'jose';
import type { SigningKey } from './sign-envelope.ts';

/** Throws for what the former key has not signed: nobody else's words are signed here. */
export async function signAgain(jws: string, former: KeyObject, key: SigningKey): Promise<string> {
  const { payload, protectedHeader } = await compactVerify(jws, former, { algorithms: ['EdDSA'] });
  const { typ } = protectedHeader;
  if (typ === undefined) throw new Error('what was signed has no type');
  return await new CompactSign(payload).setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ }).sign(key.privateKey);
}
