// Asks the person's passkey to sign an action digest. Entered when somebody approves where a satellite demands that. The satellite verifies it.
import type { PasskeyAssertion } from '@sena/contracts/envelope';
import { fromBase64url, toBase64url } from './base64url.ts';
import { callPasskeys, type Passkey } from './call-passkeys.ts';
import { explainRefusal, PasskeyError } from './passkey-error.ts';

const timeoutMs = 120_000;

/** Throws `PasskeyError`. */
export async function signWithPasskey(actionDigest: string): Promise<PasskeyAssertion> {
  const all = await callPasskeys<Passkey[]>('list-user-passkeys');
  const passkeys = all.filter(({ purpose }) => purpose === 'approval');
  if (passkeys.length === 0) {
    throw new PasskeyError(
      'You have no passkey for approvals in this console. Add one under Passkeys in the account menu, or use `sena approve`.',
    );
  }
  const credential = await ask(challengeOf(actionDigest), passkeys);
  if (!(credential instanceof PublicKeyCredential) || !(credential.response instanceof AuthenticatorAssertionResponse))
    throw new PasskeyError('The browser answered without a passkey. Try again.');
  const { authenticatorData, clientDataJSON, signature } = credential.response;
  return {
    credentialId: credential.id,
    authenticatorData: toBase64url(authenticatorData),
    clientDataJSON: toBase64url(clientDataJSON),
    signature: toBase64url(signature),
  };
}

async function ask(challenge: Uint8Array<ArrayBuffer>, passkeys: readonly Passkey[]): Promise<Credential | null> {
  try {
    return await navigator.credentials.get({
      publicKey: {
        challenge,
        rpId: window.location.hostname,
        // Some devices don't know their own passkeys by heart.
        allowCredentials: passkeys.map(({ credentialID }) => ({ type: 'public-key', id: fromBase64url(credentialID) })),
        userVerification: 'required',
        timeout: timeoutMs,
      },
    });
  } catch (cause) {
    throw explainRefusal(cause);
  }
}

/** The digest's own 32 bytes. */
function challengeOf(actionDigest: string): Uint8Array<ArrayBuffer> {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(actionDigest)?.[1];
  if (hex === undefined)
    throw new PasskeyError('The digest of this action is none. Approve nothing here; tell an administrator.');
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
