// Pages of a list by cursor, as one array for a table.
import { type QueryKey, useInfiniteQuery } from '@tanstack/react-query';
import type { ListQuery } from './data-table.tsx';

interface ListPage<Row> {
  items: Row[];
  nextCursor: string | null;
}

interface ListOptions<Row> {
  key: QueryKey;
  load: (cursor: string | undefined, signal: AbortSignal) => Promise<ListPage<Row>>;
  /** How often to look again; null never. Not below 5 s. */
  everyMs: number | null | ((rows: Row[]) => number | null);
  enabled?: boolean;
}

export function useList<Row>({ key, load, everyMs, enabled }: ListOptions<Row>): ListQuery<Row> {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => load(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.nextCursor ?? undefined,
    select: (data) => data.pages.flatMap((page) => page.items),
    enabled: enabled ?? true,
    refetchInterval: (current) => {
      const pages = current.state.data?.pages ?? [];
      // Whoever has paged far down is reading: polling would load every page again.
      if (pages.length > 3) return false;
      const ms = typeof everyMs === 'function' ? everyMs(pages.flatMap((page) => page.items)) : everyMs;
      return ms === null ? false : Math.max(ms, 5_000);
    },
  });
  return {
    rows: query.data,
    error: query.error,
    isFetching: query.isFetching,
    hasNextPage: query.hasNextPage,
    isFetchingNextPage: query.isFetchingNextPage,
    fetchNextPage: () => void query.fetchNextPage(),
    refetch: () => void query.refetch(),
  };
}
