// Entered by the satellite, which alone decides by it, and by the gateway and `sena approve`, so that a mistake is told at once. Pure.
// Loaded only where passkeys are asked for: what it stands on weighs as much as a small process.
import type { ListedPasskey, PasskeyAssertion } from '@sena/contracts/envelope';
import { verifyAuthenticationResponse } from '@simplewebauthn/server';
import { cose, decodeClientDataJSON, decodeCredentialPublicKey } from '@simplewebauthn/server/helpers';
import { actionChallenge } from './action-digest.ts';

export type VerifiedAssertion =
  | {
      kind: 'verified';
      /** 0: this passkey does not count. */
      signCount: number;
    }
  /** `why` follows “the passkey’s signature …”. */
  | { kind: 'wrong'; why: string };

/** Did the holder of this passkey, found out by the device itself, sign exactly this digest on one of these pages? Never throws. */
export async function verifyAssertion(
  assertion: PasskeyAssertion,
  actionDigest: string,
  passkey: ListedPasskey,
): Promise<VerifiedAssertion> {
  const { credentialId, authenticatorData, clientDataJSON, signature } = assertion;
  if (credentialId !== passkey.credentialId) return wrong('is of another passkey');
  // One spelling only: base64url has spare bits at its end that a decoder ignores.
  if (![authenticatorData, clientDataJSON, signature].every(isCanonical)) return wrong('is not written as base64url');
  try {
    const client = decodeClientDataJSON(clientDataJSON);
    if (client.type !== 'webauthn.get') return wrong('is no answer to a request to approve');
    if (client.challenge !== actionChallenge(actionDigest)) return wrong('is over something else than this action');
    if (!passkey.origins.includes(client.origin)) {
      return wrong(
        `was made on ${JSON.stringify(client.origin).slice(0, 100)}, which is not one of its listed origins`,
      );
    }
    if (client.crossOrigin === true) return wrong('was made in a frame of another page');
    const { verified, authenticationInfo } = await verifyAuthenticationResponse({
      response: {
        id: credentialId,
        rawId: credentialId,
        type: 'public-key',
        clientExtensionResults: {},
        response: { authenticatorData, clientDataJSON, signature },
      },
      expectedChallenge: actionChallenge(actionDigest),
      expectedOrigin: [...passkey.origins],
      expectedRPID: passkey.rpId,
      requireUserVerification: true,
      // What its count may be is known only to who remembers all of them.
      credential: { id: credentialId, publicKey: bytesOf(passkey.publicKey), counter: -1 },
    });
    if (!verified) return wrong('was not made by the listed key');
    return { kind: 'verified', signCount: authenticationInfo.newCounter };
  } catch (error) {
    return wrong(`is not right: ${error instanceof Error ? error.message : String(error)}`.slice(0, 200));
  }
}

/** Null: a key that signatures can be checked with. Otherwise why it is none. */
export function findKeyProblem(publicKey: string): string | null {
  try {
    const key = decodeCredentialPublicKey(bytesOf(publicKey));
    if (cose.isCOSEPublicKeyEC2(key) || cose.isCOSEPublicKeyOKP(key) || cose.isCOSEPublicKeyRSA(key)) return null;
    return 'it is of a kind that is not known here';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isCanonical(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(Buffer.from(text, 'base64url'));
}

function wrong(why: string): VerifiedAssertion {
  return { kind: 'wrong', why };
}
