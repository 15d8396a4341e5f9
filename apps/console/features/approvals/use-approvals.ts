// Approvals: those that wait, those that are decided, and one of them.
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';

export const approvalsKey = ['approvals'] as const;
export const approvalKey = (id: string) => [...approvalsKey, 'one', id] as const;

export function useApprovalList(status: ApprovalStatus | null) {
  return useList({
    key: [...approvalsKey, 'list', status],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/approvals', {
          params: {
            query: { limit: 25, ...(cursor === undefined ? {} : { cursor }), ...(status === null ? {} : { status }) },
          },
          signal,
        }),
      ),
    everyMs: 5_000,
  });
}

export function useApproval(id: string, { enabled = true }: { enabled?: boolean } = {}) {
  return useQuery({
    queryKey: approvalKey(id),
    queryFn: ({ signal }) => takeData(sena.GET('/v1/approvals/{id}', { params: { path: { id } }, signal })),
    enabled,
    refetchInterval: (query) => (query.state.data?.status === 'pending' ? 15_000 : false),
  });
}
