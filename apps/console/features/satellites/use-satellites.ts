// The satellites of the organization, taking one's access away, and letting a locked one in again.
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

export function useUnlockSatellite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => takeData(sena.POST('/v1/satellites/{id}/unlock', { params: { path: { id } } })),
    onSuccess: () =>
      notifyDone('Unlocked', 'It connects within a minute. A second copy of its state directory locks it again.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () => queryClient.invalidateQueries({ queryKey: satellitesKey }),
  });
}
