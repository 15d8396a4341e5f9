// Sites and their satellites.
import type { Site } from '@sena/contracts/http/fleet';
import { takeData } from '@sena/sdk/take-data';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';

export const sitesKey = ['sites'] as const;
const pageMax = 500;

/** Every site: an organization has few, but not always fewer than a page. */
export function useSites() {
  return useQuery({
    queryKey: sitesKey,
    queryFn: async ({ signal }) => {
      const sites: Site[] = [];
      let cursor: string | undefined;
      do {
        const page = await takeData(
          sena.GET('/v1/sites', {
            params: { query: { limit: pageMax, ...(cursor === undefined ? {} : { cursor }) } },
            signal,
          }),
        );
        sites.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor !== undefined);
      return sites;
    },
    refetchInterval: 15_000,
  });
}

export function useChangeSite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, runningMax }: { id: string; runningMax: number | null }) =>
      takeData(sena.PATCH('/v1/sites/{id}', { params: { path: { id } }, body: { runningMax } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sitesKey }),
  });
}

export function useCreateSite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => takeData(sena.POST('/v1/sites', { body: { name } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: sitesKey }),
  });
}
