// The cache of what the API said. A refusal is shown at once, a lost connection is tried twice more, a lost session leads
// to sign-in.
'use client';
import { ProblemError } from '@sena/sdk/problem-error';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';

export const meKey = ['me'] as const;

function newQueryClient(): QueryClient {
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
        retry: (failures, error) => failures < 2 && isPassing(error),
        retryDelay: (failures) => 500 * 2 ** failures,
      },
    },
  });
  return client;
}

/** No answer, or an answer that another try may change. */
function isPassing(error: Error): boolean {
  return error instanceof ProblemError && (error.status === 0 || error.status === 502 || error.status === 503);
}

export function QueryProvider({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}
