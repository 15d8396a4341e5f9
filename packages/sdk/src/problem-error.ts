// Every refusal of the API as one error: the RFC 9457 problem, or the fact that nothing answered. Thrown by the doors of
// this package, caught by whoever shows it to a person.
import { type Problem, problemSchema } from '@sena/contracts/http/problem';

/** What a problem says when it never came from SENA: a proxy's page, a cut connection. */
type ProblemInput = Pick<Problem, 'status' | 'code' | 'title' | 'detail'> & { fields?: Problem['fields'] };

export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  /** One of the API's stable codes, or `unreachable`, `timeout`, `not_a_problem`. */
  readonly code: string;
  readonly title: string;
  readonly fields: ReadonlyArray<{ path: string; message: string }>;
  /** From `Retry-After`; null when the API did not say. */
  readonly retryAfterMs: number | null;

  constructor(problem: ProblemInput, options: { cause?: unknown; retryAfterMs?: number | null } = {}) {
    super(problem.detail, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = problem.status;
    this.code = problem.code;
    this.title = problem.title;
    this.fields = problem.fields ?? [];
    this.retryAfterMs = options.retryAfterMs ?? null;
  }

  /** For an answer outside 2xx. `body` is the parsed JSON, or the text when it was none. */
  static fromResponse(response: Response, body: unknown): ProblemError {
    const retryAfterMs = readRetryAfterMs(response.headers.get('retry-after'));
    const parsed = problemSchema.safeParse(body);
    if (parsed.success) return new ProblemError(parsed.data, { retryAfterMs });
    return new ProblemError(
      {
        status: response.status,
        code: 'not_a_problem',
        title: `The answer was HTTP ${response.status}`,
        detail: `SENA's API did not answer itself (HTTP ${response.status}). Check that it runs and what stands in front of it.`,
      },
      { cause: body, retryAfterMs },
    );
  }

  /** For a request that got no answer at all. */
  static fromFailure(cause: unknown): ProblemError {
    if (cause instanceof ProblemError) return cause;
    const timedOut = cause instanceof DOMException && cause.name === 'TimeoutError';
    return timedOut
      ? new ProblemError(
          {
            status: 0,
            code: 'timeout',
            title: 'No answer in time',
            detail: 'SENA took too long to answer. Try again in a moment.',
          },
          { cause },
        )
      : new ProblemError(
          {
            status: 0,
            code: 'unreachable',
            title: 'SENA can not be reached',
            detail: 'No connection to SENA. Check the network and the address, then try again.',
          },
          { cause },
        );
  }
}

function readRetryAfterMs(header: string | null): number | null {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : null;
}
