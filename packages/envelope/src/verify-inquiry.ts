// Entered by the satellite before it looks for anything in another one's place. Pure. A dispatch is no inquiry, and an inquiry is none:
// the header's type tells them apart, under the same signature.
import { type InquiryEnvelope, inquiryEnvelopeSchema, inquiryType } from '@sena/contracts/envelope';
import { type EnvelopeExpectations, type Verified, verifySigned } from './verify-signed.ts';

/** Never throws for what the inquiry holds. */
export function verifyInquiry(jws: string, expected: EnvelopeExpectations): Promise<Verified<InquiryEnvelope>> {
  return verifySigned(jws, { type: inquiryType, schema: inquiryEnvelopeSchema }, expected);
}
