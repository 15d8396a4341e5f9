// The one retry loop: entered with an attempt that has shown nothing to the caller yet. The vendors' clients retry nothing.
// Waits between attempts; touches nothing else.
import { setTimeout as wait } from 'node:timers/promises';
import { ProviderError } from '../providers/provider.ts';
import type { CallLimits } from './call-limits.ts';

/**
 * Resolves with the first attempt that succeeds. Repeats after 429, 5xx and connections that fail, within
 * `limits.firstTokenMs` for all attempts together. Rejects with the last ProviderError, or with the signal's reason.
 */
export async function retryBeforeFirstToken<T>(
  attempt: (timeoutMs: number) => Promise<T>,
  options: {
    limits: CallLimits;
    signal: AbortSignal;
    onRetry: (failure: ProviderError['failure'], waitMs: number) => void;
  },
): Promise<T> {
  const { limits, signal } = options;
  const deadline = performance.now() + limits.firstTokenMs;
  for (let number = 1; ; number += 1) {
    signal.throwIfAborted();
    try {
      return await attempt(Math.max(1, Math.ceil(deadline - performance.now())));
    } catch (error) {
      if (signal.aborted || !(error instanceof ProviderError) || number >= limits.attempts) throw error;
      const waitMs = waitBefore(error, number, limits);
      if (waitMs === null || performance.now() + waitMs >= deadline) throw error;
      options.onRetry(error.failure, waitMs);
      await wait(waitMs, undefined, { signal });
    }
  }
}

/** null: trying again would not help. */
function waitBefore(error: ProviderError, number: number, limits: CallLimits): number | null {
  const { failure } = error;
  const backoffMs = limits.backoffMs * 2 ** (number - 1) * (1 - Math.random() / 4);
  switch (failure.kind) {
    case 'rate_limited':
    case 'overloaded':
      if (failure.retryAfterMs === null) return backoffMs;
      return failure.retryAfterMs > limits.retryAfterMaxMs ? null : Math.max(failure.retryAfterMs, backoffMs);
    case 'unreachable':
    case 'cut':
      return backoffMs;
    case 'timed_out':
    case 'bad_answer':
    case 'key_refused':
    case 'no_such_model':
    case 'no_model_listed':
    case 'request_refused':
      return null;
  }
}
