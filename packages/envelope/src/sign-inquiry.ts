// Entered by the signer alone, with what it has read anew about commands that another satellite was sent. Touches nothing but its
// arguments.
import { type InquiryEnvelope, inquiryEnvelopeSchema, inquiryType } from '@sena/contracts/envelope';
import { CompactSign } from 'jose';
import type { SigningKey } from './sign-envelope.ts';

/** A compact JWS of a type of its own. Throws a ZodError when it is not one that a satellite would accept. */
export async function signInquiry(inquiry: InquiryEnvelope, key: SigningKey): Promise<string> {
  const payload = JSON.stringify(inquiryEnvelopeSchema.parse(inquiry));
  return await new CompactSign(new TextEncoder().encode(payload))
    .setProtectedHeader({ alg: 'EdDSA', kid: key.keyId, typ: inquiryType })
    .sign(key.privateKey);
}
