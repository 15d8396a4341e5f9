// The cache of what the API said. A refusal is shown at once; while SENA is away what is shown stays, and is asked for until it is back; a lost
// session leads to sign-in.
import { ProblemError } from '@sena/sdk/problem-error';
import { QueryCache, QueryClient } from '@tanstack/react-query';
import { isPassing } from './is-passing.ts';
import { retryDelayMs } from './watch-outage.ts';

export const meKey = ['me'] as const;

export function newQueryClient(): QueryClient {
  const client: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // Any list may be the first to learn that the session has ended; `me` is what decides about it.
        const sessionEnded = error instanceof ProblemError && error.status === 401;
        if (sessionEnded && query.queryKey[0] !== meKey[0]) void client.invalidateQueries({ queryKey: meKey });
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 5_000,
        retry: (_failures, error) => isPassing(error),
        retryDelay: retryDelayMs,
      },
    },
  });
  return client;
}
