// The passkeys of who is signed in: which there are, one more, one less. Entered by their page.
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { fromBase64url, toBase64url } from './base64url.ts';
import { callPasskeys, type Passkey } from './call-passkeys.ts';
import { explainRefusal, PasskeyError } from './passkey-error.ts';

const passkeysKey = ['passkeys'];

export function usePasskeys() {
  return useQuery({ queryKey: passkeysKey, queryFn: () => callPasskeys<Passkey[]>('list-user-passkeys') });
}

export function useDeletePasskey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => callPasskeys('delete-passkey', { id }),
    onSettled: () => queryClient.invalidateQueries({ queryKey: passkeysKey }),
  });
}

export function useAddPasskey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async () => {
      const options = await callPasskeys<PublicKeyCredentialCreationOptionsJSON>('generate-register-options');
      const credential = await make(options);
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

async function make(options: PublicKeyCredentialCreationOptionsJSON): Promise<Credential | null> {
  const { rp, pubKeyCredParams, challenge, user, excludeCredentials = [], authenticatorSelection } = options;
  try {
    return await navigator.credentials.create({
      publicKey: {
        ...{ rp, timeout: 120_000, attestation: 'none' },
        challenge: fromBase64url(challenge),
        user: { ...user, id: fromBase64url(user.id) },
        pubKeyCredParams: pubKeyCredParams.map(({ alg }) => ({ alg, type: 'public-key' })),
        excludeCredentials: excludeCredentials.map(({ id }) => ({ id: fromBase64url(id), type: 'public-key' })),
        ...(authenticatorSelection === undefined ? {} : { authenticatorSelection }),
      },
    });
  } catch (cause) {
    throw explainRefusal(cause);
  }
}
