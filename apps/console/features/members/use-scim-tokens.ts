// The tokens of the organization's directory: listed, made, revoked. For owners.
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { newIdempotencyKey } from '../ask/new-idempotency-key.ts';

const tokensKey = ['scim-tokens'] as const;

export function useScimTokens() {
  return useQuery({
    queryKey: tokensKey,
    queryFn: ({ signal }) => takeData(sena.GET('/v1/scim-tokens', { signal })),
    staleTime: 60_000,
  });
}

export function useCreateScimToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; expiresInSeconds: number }) =>
      takeData(
        sena.POST('/v1/scim-tokens', {
          body,
          params: { header: { 'idempotency-key': newIdempotencyKey() } },
        }),
      ),
    onSettled: () => queryClient.invalidateQueries({ queryKey: tokensKey }),
  });
}

export function useRevokeScimToken() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => takeData(sena.DELETE('/v1/scim-tokens/{id}', { params: { path: { id } } })),
    onSuccess: () => notifyDone('The token was revoked', 'The directory that shows it is refused from now on.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () => queryClient.invalidateQueries({ queryKey: tokensKey }),
  });
}
