// The nodes of the organization, by selector and site; adding one and deleting one.
import type { CreateNodeBody, Node } from '@sena/contracts/http/fleet';
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
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

export function useDeleteNode() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (node: Node) => takeData(sena.DELETE('/v1/nodes/{id}', { params: { path: { id: node.id } } })),
    onSuccess: (_, node) => notifyDone(`${node.name} was deleted`, 'What ran on it stays in its runs.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    // Also after a refusal: somebody else may have deleted it.
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: nodesKey }),
        queryClient.invalidateQueries({ queryKey: sitesKey }),
      ]),
  });
}
