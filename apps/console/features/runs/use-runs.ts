// Lists of runs, newest first. They look again by themselves: often while something is under way, seldom otherwise.
import { type RunStatus, terminalRunStatuses } from '@sena/contracts/domain/run';
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';

interface HasStatus {
  status: RunStatus;
}

function pollMs(runs: readonly HasStatus[]): number {
  return runs.some((run) => !terminalRunStatuses.has(run.status)) ? 5_000 : 20_000;
}

export const runsKey = ['runs'] as const;

export function useRecentRuns({ enabled = true }: { enabled?: boolean } = {}) {
  return useQuery({
    queryKey: [...runsKey, 'recent'],
    queryFn: async ({ signal }) => {
      const page = await takeData(sena.GET('/v1/runs', { params: { query: { limit: 8 } }, signal }));
      return page.items;
    },
    enabled,
    refetchInterval: (query) => pollMs(query.state.data ?? []),
  });
}

export function useRunList(status: RunStatus | null) {
  return useList({
    key: [...runsKey, 'list', status],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/runs', {
          params: {
            query: { limit: 50, ...(cursor === undefined ? {} : { cursor }), ...(status === null ? {} : { status }) },
          },
          signal,
        }),
      ),
    everyMs: pollMs,
  });
}
