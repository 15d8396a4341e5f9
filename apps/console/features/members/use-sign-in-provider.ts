// The organization's own sign-in provider: read, set, removed. For owners.
import type { WantedSignInProvider } from '@sena/contracts/http/sign-in';
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';

const providerKey = ['sign-in-provider'] as const;

export function useSignInProvider() {
  return useQuery({
    queryKey: providerKey,
    queryFn: ({ signal }) => takeData(sena.GET('/v1/sign-in-provider', { signal })),
    staleTime: 60_000,
  });
}

export function useSetSignInProvider() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: WantedSignInProvider) => takeData(sena.PUT('/v1/sign-in-provider', { body })),
    onSuccess: (shown) => {
      queryClient.setQueryData(providerKey, shown);
      notifyDone('The provider is set', 'Give the sign-in address to your people.');
    },
  });
}

export function useRemoveSignInProvider() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: () => takeData(sena.DELETE('/v1/sign-in-provider')),
    onSuccess: () => notifyDone('The provider was removed', 'The sessions that it began have ended.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () => queryClient.invalidateQueries({ queryKey: providerKey }),
  });
}
