// Entered by the satellite before anything else is believed of a dispatch. Pure.
import { type DispatchEnvelope, dispatchEnvelopeSchema, envelopeType } from '@sena/contracts/envelope';
import { type EnvelopeExpectations, type Verified, verifySigned } from './verify-signed.ts';

export type VerifiedEnvelope = Verified<DispatchEnvelope>;

/** Never throws for what the envelope holds. */
export function verifyEnvelope(jws: string, expected: EnvelopeExpectations): Promise<VerifiedEnvelope> {
  return verifySigned(jws, { type: envelopeType, schema: dispatchEnvelopeSchema }, expected);
}
