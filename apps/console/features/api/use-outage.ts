// SENA, or what it needs, is away: known from whatever was asked for last, until something is answered again.
import type { ProblemError } from '@sena/sdk/problem-error';
import type { QueryClient } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useState } from 'react';
import { isPassing } from './is-passing.ts';

const firstRetryMs = 500;
const retryMsMax = 5_000;
/** A shorter cut heals before anyone needs to know. */
const worthSayingMs = 1_000;

/** `failures`: how often it failed before. */
export function retryDelayMs(failures: number, error: unknown): number {
  const told = isPassing(error) ? error.retryAfterMs : null;
  return told ?? Math.min(firstRetryMs * 2 ** failures, retryMsMax);
}

export const OutageContext = createContext<ProblemError | null>(null);

export function useOutage(): ProblemError | null {
  return useContext(OutageContext);
}

/** For the one that provides it. */
export function useWatchedOutage(client: QueryClient): ProblemError | null {
  const [outage, setOutage] = useState<ProblemError | null>(null);
  useEffect(
    () =>
      client.getQueryCache().subscribe((event) => {
        if (event.type !== 'updated') return;
        const { action } = event;
        if (action.type === 'success') setOutage(null);
        if (action.type !== 'failed' || !isPassing(action.error)) return;
        if (retryDelayMs(action.failureCount - 1, action.error) >= worthSayingMs) setOutage(action.error);
      }),
    [client],
  );
  return outage;
}
