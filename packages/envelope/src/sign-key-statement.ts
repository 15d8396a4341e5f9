// Entered by the signer alone: what one dispatch key says of another. Touches nothing but its arguments.
import {
  type DispatchKeyStatement,
  dispatchKeyStatementSchema,
  dispatchKeyStatementType,
} from '@sena/contracts/domain/dispatch-key';
import { CompactSign } from 'jose';
import type { SigningKey } from './sign-envelope.ts';

/** A compact JWS (EdDSA) of a type of its own: it is no envelope, whoever signed it. */
export async function signKeyStatement(statement: DispatchKeyStatement, key: SigningKey): Promise<string> {
  const payload = JSON.stringify(dispatchKeyStatementSchema.parse(statement));
  return await new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ: dispatchKeyStatementType })
    .sign(key.privateKey);
}
