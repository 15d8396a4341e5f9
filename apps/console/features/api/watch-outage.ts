// SENA, or what it needs, is away: known from whatever was asked for last, until something is answered again. Reads the cache's own events.
import type { ProblemError } from '@sena/sdk/problem-error';
import type { QueryClient } from '@tanstack/react-query';
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

/** Returns what ends the watch. */
export function watchOutage(client: QueryClient, onChange: (outage: ProblemError | null) => void): () => void {
  return client.getQueryCache().subscribe((event) => {
    if (event.type !== 'updated') return;
    const { action } = event;
    if (action.type === 'success') onChange(null);
    if (action.type !== 'failed' || !isPassing(action.error)) return;
    if (retryDelayMs(action.failureCount - 1, action.error) >= worthSayingMs) onChange(action.error);
  });
}
