// Executions and output groups of a run. They live below the run's key, so the event stream refreshes them.
import type { OutcomeKind } from '@sena/contracts/domain/outcome';
import type { Execution } from '@sena/contracts/http/runs';
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';
import { runKey } from './use-run.ts';

export interface ExecutionFilter {
  outcome: OutcomeKind | 'pending' | null;
  /** The key of an output group. */
  group: string | null;
}

export function useExecutionList(runId: string, filter: ExecutionFilter) {
  return useList({
    key: [...runKey(runId), 'executions', filter],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/runs/{id}/executions', {
          params: {
            path: { id: runId },
            query: {
              limit: 100,
              ...(cursor === undefined ? {} : { cursor }),
              ...(filter.outcome === null ? {} : { outcome: filter.outcome }),
              ...(filter.group === null ? {} : { group: filter.group }),
            },
          },
          signal,
        }),
      ),
    everyMs: null,
  });
}

/** The first 500 executions by id, to name the evidence of an answer. */
export function useExecutionsById(runId: string, enabled: boolean) {
  return useQuery({
    queryKey: [...runKey(runId), 'executions-by-id'],
    queryFn: ({ signal }) =>
      takeData(
        sena.GET('/v1/runs/{id}/executions', { params: { path: { id: runId }, query: { limit: 500 } }, signal }),
      ),
    select: (page) => new Map(page.items.map((execution) => [execution.id, execution satisfies Execution])),
    enabled,
  });
}

export function useOutputGroups(runId: string, enabled: boolean) {
  return useList({
    key: [...runKey(runId), 'output-groups'],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/runs/{id}/output-groups', {
          params: { path: { id: runId }, query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    everyMs: null,
    enabled,
  });
}
