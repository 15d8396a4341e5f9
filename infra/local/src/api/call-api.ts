// A client of the public API like any other: JSON over the one address, with a member's key. Entered by seed and first question.
// Sends HTTP requests to that address only.
import { problemSchema } from '@sena/contracts/http/problem';
import type { z } from 'zod';

export type ApiAccess = { url: string; apiKey: string };
export type ApiRequest<T extends z.ZodType> = {
  method: 'GET' | 'POST' | 'DELETE';
  /** Begins with `/v1`. */
  path: string;
  body?: unknown;
  /** What the answer has to look like; an empty one is null. */
  answer: T;
};

const timeoutMs = 30_000;

/** @throws {ApiError} with the problem's code and sentence. */
export async function callApi<T extends z.ZodType>(access: ApiAccess, request: ApiRequest<T>): Promise<z.infer<T>> {
  const response = await fetch(`${access.url}${request.path}`, {
    method: request.method,
    headers: {
      authorization: `Bearer ${access.apiKey}`,
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    body: request.body === undefined ? null : JSON.stringify(request.body),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const content: unknown = response.status === 204 ? null : await response.json();
  if (response.ok) return request.answer.parse(content);
  const problem = problemSchema.safeParse(content);
  throw new ApiError(
    problem.data?.code ?? `http_${response.status}`,
    `${request.method} ${request.path} was refused: ${problem.data?.detail ?? `status ${response.status}`}`,
  );
}

export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
