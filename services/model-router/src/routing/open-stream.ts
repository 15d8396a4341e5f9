// Opens a stream up to its first token, so that everything before it can be tried again; from there on it is passed
// through, with a limit on silence. Touches the vendor through its provider only.
import { setTimeout as wait } from 'node:timers/promises';
import { type ModelPiece, type ModelRequest, type Provider, ProviderError } from '../providers/provider.ts';
import type { CallLimits } from './call-limits.ts';

/**
 * Resolves when the first piece is there; the pieces then come in order and throw ProviderError when the answer breaks
 * off, `timed_out` after `silenceMs` or `streamMs`. Ending the iteration, or `signal`, closes the connection.
 */
export async function openStream(
  { provider, model }: { provider: Provider; model: string },
  request: ModelRequest,
  options: { limits: CallLimits; signal: AbortSignal; firstTokenMs: number },
): Promise<AsyncGenerator<ModelPiece>> {
  const { limits, signal } = options;
  const ending = new AbortController();
  const attemptSignal = AbortSignal.any([signal, ending.signal]);
  const pieces = provider
    .stream(model, request, { signal: attemptSignal, timeoutMs: options.firstTokenMs })
    [Symbol.asyncIterator]();

  async function next(timeoutMs: number): Promise<IteratorResult<ModelPiece>> {
    const timer = new AbortController();
    const silence = wait(timeoutMs, 'silence' as const, { signal: timer.signal }).catch(() => 'spoken' as const);
    const piece = pieces.next();
    try {
      const winner = await Promise.race([piece, silence]);
      if (typeof winner !== 'string') return winner;
      const timedOut = new ProviderError({ kind: 'timed_out' });
      ending.abort(timedOut);
      // The aborted read ends by itself; its failure is the timeout that is thrown here.
      piece.catch(() => undefined);
      throw timedOut;
    } finally {
      timer.abort();
    }
  }

  const first = await next(options.firstTokenMs);
  return (async function* () {
    const deadline = performance.now() + limits.streamMs;
    try {
      for (let result = first; !result.done; ) {
        yield result.value;
        const leftMs = deadline - performance.now();
        if (leftMs <= 0) throw new ProviderError({ kind: 'timed_out' });
        result = await next(Math.min(limits.silenceMs, leftMs));
      }
    } finally {
      ending.abort(new Error('nobody reads this answer any more'));
    }
  })();
}
