// Entered by `sena passkey`: what a browser says of a passkey that it has just made becomes what a satellite's list needs. Pure.
import { type RegistrationResponseJSON, verifyRegistrationResponse } from '@simplewebauthn/server';
import { z } from 'zod';

/** Of `PublicKeyCredential`, as far as it is needed. */
const registrationSchema = z.object({
  id: z.string().max(1_400),
  clientDataJSON: z.string().max(8_192),
  attestationObject: z.string().max(65_536),
});

export type VerifiedRegistration =
  /** Both base64url; the key is COSE. */
  { kind: 'verified'; credentialId: string; publicKey: string } | { kind: 'wrong'; why: string };

/** Never throws for what the browser says. */
export async function verifyRegistration(
  answer: unknown,
  expected: { challenge: string; origin: string; rpId: string },
): Promise<VerifiedRegistration> {
  const parsed = registrationSchema.safeParse(answer);
  if (!parsed.success) return { kind: 'wrong', why: 'The browser did not say what passkey it has made.' };
  const { id, clientDataJSON, attestationObject } = parsed.data;
  const response: RegistrationResponseJSON = {
    ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
    response: { clientDataJSON, attestationObject },
  };
  try {
    const { verified, registrationInfo } = await verifyRegistrationResponse({
      response,
      expectedChallenge: expected.challenge,
      expectedOrigin: expected.origin,
      expectedRPID: expected.rpId,
      requireUserVerification: true,
    });
    if (!verified) return { kind: 'wrong', why: 'The passkey could not be verified.' };
    const { credential } = registrationInfo;
    const publicKey = Buffer.from(credential.publicKey).toString('base64url');
    return { kind: 'verified', credentialId: credential.id, publicKey };
  } catch (error) {
    return { kind: 'wrong', why: error instanceof Error ? error.message : String(error) };
  }
}
