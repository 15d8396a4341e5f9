// One run and what hangs below it. Fresh by the event stream (use-follow-run); what it waits for is no event, and is asked for again.
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';

export const runKey = (runId: string) => ['run', runId] as const;
export const runItselfKey = (runId: string) => [...runKey(runId), 'itself'] as const;

const waitsMs = 5_000;

export function useRun(runId: string) {
  return useQuery({
    queryKey: runItselfKey(runId),
    queryFn: ({ signal }) => takeData(sena.GET('/v1/runs/{id}', { params: { path: { id: runId } }, signal })),
    refetchInterval: ({ state }) =>
      state.data === undefined || terminalRunStatuses.has(state.data.status) ? false : waitsMs,
  });
}
