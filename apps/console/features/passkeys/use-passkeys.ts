// The passkeys of who is signed in, of one kind: which there are, one more, one less. Entered by their pages.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fromBase64url, toBase64url } from './base64url.ts';
import { callPasskeys, type Passkey } from './call-passkeys.ts';
import { explainRefusal, PasskeyError } from './passkey-error.ts';

const passkeysKey = ['passkeys'];

type Purpose = Passkey['purpose'];

export function usePasskeys(purpose: Purpose) {
  return useQuery({
    queryKey: passkeysKey,
    queryFn: () => callPasskeys<Passkey[]>('list-user-passkeys'),
    select: (passkeys) => passkeys.filter((passkey) => passkey.purpose === purpose),
  });
}

export function useDeletePasskey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => callPasskeys('delete-passkey', { id }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: passkeysKey }),
  });
}

export function useAddPasskey(purpose: Purpose) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const options = await callPasskeys<PublicKeyCredentialCreationOptionsJSON>(
        `generate-register-options?context=${purpose}`,
      );
      const known = await callPasskeys<Passkey[]>('list-user-passkeys');
      const ofThisKind = known.filter((passkey) => passkey.purpose === purpose).map(({ credentialID }) => credentialID);
      const credential = await make(options, purpose, ofThisKind);
      if (
        !(credential instanceof PublicKeyCredential) ||
        !(credential.response instanceof AuthenticatorAttestationResponse)
      )
        throw new PasskeyError('The browser answered without a passkey. Try again.');
      const { clientDataJSON, attestationObject } = credential.response;
      await callPasskeys('verify-registration', {
        response: {
          ...{ id: credential.id, rawId: credential.id, type: credential.type, clientExtensionResults: {} },
          response: {
            clientDataJSON: toBase64url(clientDataJSON),
            attestationObject: toBase64url(attestationObject),
            transports: credential.response.getTransports(),
          },
        },
      });
    },
    onSettled: () => queryClient.invalidateQueries({ queryKey: passkeysKey }),
  });
}

async function make(
  options: PublicKeyCredentialCreationOptionsJSON,
  purpose: Purpose,
  ofThisKind: readonly string[],
): Promise<Credential | null> {
  const { rp, pubKeyCredParams, challenge, user } = options;
  try {
    return await navigator.credentials.create({
      publicKey: {
        ...{ rp, timeout: 120_000, attestation: 'none' },
        challenge: fromBase64url(challenge),
        user: { ...user, id: fromBase64url(user.id) },
        pubKeyCredParams: pubKeyCredParams.map(({ alg }) => ({ alg, type: 'public-key' })),
        // A device may hold one of each kind.
        excludeCredentials: ofThisKind.map((id) => ({ id: fromBase64url(id), type: 'public-key' })),
        authenticatorSelection: {
          userVerification: 'required',
          // One that signs in is found without a name; one for approvals is not offered there.
          residentKey: purpose === 'sign_in' ? 'required' : 'discouraged',
          requireResidentKey: purpose === 'sign_in',
        },
      },
    });
  } catch (cause) {
    throw explainRefusal(cause);
  }
}
