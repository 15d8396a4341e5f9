// API keys, one's own or everybody's; making one and revoking one.
import type { Permission } from '@sena/contracts/domain/permission';
import type { ApiKey } from '@sena/contracts/http/api-keys';
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';

const apiKeysKey = ['api-keys'] as const;

export function useApiKeyList(of: 'me' | 'everyone') {
  return useList<ApiKey>({
    key: [...apiKeysKey, of],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/api-keys', {
          params: { query: { limit: 100, of, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    everyMs: 30_000,
  });
}

export function useCreateApiKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { name: string; scopes: Permission[] | null; expiresInSeconds: number | null }) =>
      takeData(sena.POST('/v1/api-keys', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: apiKeysKey }),
  });
}

export function useRevokeApiKey() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: ApiKey) => takeData(sena.DELETE('/v1/api-keys/{id}', { params: { path: { id } } })),
    onSuccess: (_, key) => notifyDone(`${key.name} was revoked`, 'It stopped working at once.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () => queryClient.invalidateQueries({ queryKey: apiKeysKey }),
  });
}
