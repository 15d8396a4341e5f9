// Is it SENA that is away, and not its answer? Pure.
import { ProblemError } from '@sena/sdk/problem-error';

/** No answer, or one that another try may change. */
export function isPassing(error: unknown): error is ProblemError {
  return error instanceof ProblemError && (error.status === 0 || error.status === 502 || error.status === 503);
}
