// The nodes of the organization, by selector and site; and adding one.
import type { CreateNodeBody } from '@sena/contracts/http/fleet';
import { takeData } from '@sena/sdk/take-data';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { sitesKey } from '../satellites/use-sites.ts';
import { useList } from '../table/use-list.ts';

export const nodesKey = ['nodes'] as const;

export interface NodeFilter {
  selector: string;
  siteId: string | null;
}

export function useNodeList({ selector, siteId }: NodeFilter) {
  return useList({
    key: [...nodesKey, 'list', selector, siteId],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/nodes', {
          params: {
            query: {
              limit: 100,
              ...(cursor === undefined ? {} : { cursor }),
              ...(selector === '' ? {} : { selector }),
              ...(siteId === null ? {} : { siteId }),
            },
          },
          signal,
        }),
      ),
    everyMs: 30_000,
  });
}

export function useCreateNode() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: CreateNodeBody) => takeData(sena.POST('/v1/nodes', { body })),
    onSuccess: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: nodesKey }),
        queryClient.invalidateQueries({ queryKey: sitesKey }),
      ]),
  });
}
