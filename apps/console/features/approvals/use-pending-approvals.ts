// How many approvals wait, for the sidebar. One page is enough to say "more than 99".
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { approvalsKey } from './use-approvals.ts';

export function usePendingApprovals(): { label: string | null } {
  const query = useQuery({
    queryKey: [...approvalsKey, 'count'],
    queryFn: async ({ signal }) => {
      const page = await takeData(
        sena.GET('/v1/approvals', { params: { query: { status: 'pending', limit: 100 } }, signal }),
      );
      return { count: page.items.length, more: page.nextCursor !== null };
    },
    refetchInterval: 15_000,
  });
  if (query.data === undefined || query.data.count === 0) return { label: null };
  return { label: query.data.more || query.data.count > 99 ? '99+' : String(query.data.count) };
}
