// The satellites of the organization, and taking one's access away.
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';
import { sitesKey } from './use-sites.ts';

export const satellitesKey = ['satellites'] as const;

export function useSatelliteList(everyMs: number) {
  return useList({
    key: [...satellitesKey, 'list'],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/satellites', {
          params: { query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    everyMs,
  });
}

export function useRevokeSatellite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => takeData(sena.POST('/v1/satellites/{id}/revoke', { params: { path: { id } } })),
    onSuccess: () => notifyDone('Access revoked', 'Its tunnel is closed. It can come back only with a new join token.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: satellitesKey }),
        queryClient.invalidateQueries({ queryKey: sitesKey }),
      ]),
  });
}
