// The body of an answer, or the problem as an error: for callers who think in exceptions, like a query cache.
import { ProblemError } from './problem-error.ts';

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Waits for a client call. Throws `ProblemError` for a refusal, a timeout or no connection. */
export async function takeData<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    // An abort is the caller's own wish, not a problem of SENA's.
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw ProblemError.fromFailure(cause);
  }
  if (!answer.response.ok) throw ProblemError.fromResponse(answer.response, answer.error);
  return answer.data as T;
}
