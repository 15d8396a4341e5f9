// What the client throws, as one of the failures that the router knows. Pure.
import OpenAI from 'openai';
import type { ProviderFailure } from '../provider.ts';

const sentenceMax = 300;

/** null: not the vendor's doing. */
export function failureOf(error: unknown): ProviderFailure | null {
  if (error instanceof OpenAI.APIConnectionTimeoutError) return { kind: 'timed_out' };
  if (error instanceof OpenAI.APIConnectionError) return { kind: 'unreachable' };
  if (error instanceof OpenAI.APIError) {
    const { status } = error;
    // An error event amid a stream has no status.
    if (status === undefined) return { kind: 'cut' };
    const retryAfterMs = retryAfterOf(error.headers);
    if (status === 429) return { kind: 'rate_limited', retryAfterMs };
    if (status >= 500 || status === 408) return { kind: 'overloaded', status, retryAfterMs };
    if (status === 401 || status === 403) return { kind: 'key_refused', status };
    if (status === 404) return { kind: 'no_such_model' };
    return { kind: 'request_refused', status, vendorSentence: sentenceOf(error) };
  }
  // A body that ends early or isn't what its head promises: fetch says TypeError, the parser SyntaxError.
  if (error instanceof SyntaxError) return { kind: 'bad_answer' };
  if (error instanceof TypeError && error.message === 'terminated') return { kind: 'cut' };
  return null;
}

function sentenceOf(error: InstanceType<typeof OpenAI.APIError>): string {
  const said = (error.error as { message?: unknown } | undefined)?.message;
  const sentence = typeof said === 'string' && said !== '' ? said : `HTTP ${error.status}`;
  return sentence.length > sentenceMax ? `${sentence.slice(0, sentenceMax - 1)}…` : sentence;
}

/** Seconds, or a date. */
function retryAfterOf(headers: Headers | undefined): number | null {
  const milliseconds = Number(headers?.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(milliseconds) && milliseconds >= 0) return milliseconds;
  const value = headers?.get('retry-after');
  if (value === null || value === undefined) return null;
  const seconds = Number(value);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1_000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}
