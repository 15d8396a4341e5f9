// Signs in with a passkey that its device finds by itself. The session is a cookie, set by the API. Throws `PasskeyError`.
import { fromBase64url, toBase64url } from './base64url.ts';
import { callPasskeys } from './call-passkeys.ts';
import { explainRefusal, PasskeyError } from './passkey-error.ts';

const timeoutMs = 120_000;

export async function signInWithPasskey(): Promise<void> {
  const { challenge } = await callPasskeys<{ challenge: string }>('generate-authenticate-options');
  const credential = await ask(fromBase64url(challenge));
  if (!(credential instanceof PublicKeyCredential) || !(credential.response instanceof AuthenticatorAssertionResponse))
    throw new PasskeyError('The browser answered without a passkey. Try again.');
  const { authenticatorData, clientDataJSON, signature, userHandle } = credential.response;
  await callPasskeys('verify-authentication', {
    response: {
      ...{ id: credential.id, rawId: credential.id, type: credential.type, clientExtensionResults: {} },
      response: {
        authenticatorData: toBase64url(authenticatorData),
        clientDataJSON: toBase64url(clientDataJSON),
        signature: toBase64url(signature),
        ...(userHandle === null ? {} : { userHandle: toBase64url(userHandle) }),
      },
    },
  });
}

async function ask(challenge: Uint8Array<ArrayBuffer>): Promise<Credential | null> {
  try {
    return await navigator.credentials.get({
      publicKey: { challenge, rpId: window.location.hostname, userVerification: 'required', timeout: timeoutMs },
    });
  } catch (cause) {
    throw explainRefusal(cause);
  }
}
