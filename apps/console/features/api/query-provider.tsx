// Gives every page the cache of what the API said, and says over it that SENA is away.
'use client';
import type { ProblemError } from '@sena/sdk/problem-error';
import { QueryClientProvider } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useState } from 'react';
import { newQueryClient } from './new-query-client.ts';
import { OutageNotice } from './outage-notice.tsx';
import { watchOutage } from './watch-outage.ts';

const OutageContext = createContext<ProblemError | null>(null);

/** Why SENA does not answer now; null while it does. */
export function useOutage(): ProblemError | null {
  return useContext(OutageContext);
}

export function QueryProvider({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  const [outage, setOutage] = useState<ProblemError | null>(null);
  useEffect(() => watchOutage(client, setOutage), [client]);
  return (
    <QueryClientProvider client={client}>
      <OutageContext value={outage}>{children}</OutageContext>
      {outage !== null && <OutageNotice outage={outage} />}
    </QueryClientProvider>
  );
}
