// The cache of what the API said. A refusal is shown at once; while SENA is away what is shown stays, and is asked for until it is back; a lost
// session leads to sign-in.
'use client';
import { ProblemError } from '@sena/sdk/problem-error';
import { QueryCache, QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { isPassing } from './is-passing.ts';
import { OutageNotice } from './outage-notice.tsx';
import { OutageContext, retryDelayMs, useWatchedOutage } from './use-outage.ts';

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
        retry: (_failures, error) => isPassing(error),
        retryDelay: retryDelayMs,
      },
    },
  });
  return client;
}

export function QueryProvider({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  const outage = useWatchedOutage(client);
  return (
    <QueryClientProvider client={client}>
      <OutageContext value={outage}>{children}</OutageContext>
      {outage !== null && <OutageNotice outage={outage} />}
    </QueryClientProvider>
  );
}
