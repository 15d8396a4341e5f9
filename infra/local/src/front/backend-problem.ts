// What the front says when the process behind it does not answer.
// Pure.
import { errorCatalogue } from '@sena/contracts/errors';
import type { Problem } from '@sena/contracts/http/problem';
import type { Backend } from './route-request.ts';

/** `target`: the path that was asked for; its query stays out of the answer. */
export function backendProblem(backend: Backend, target: string): Problem {
  const { status, title } = errorCatalogue.backend_unavailable;
  return {
    type: 'about:blank',
    title,
    status,
    code: 'backend_unavailable',
    detail: `The ${backend} does not answer: it is starting, or starting again. Try again in a few seconds; the terminal that runs SENA shows why.`,
    instance: target.split('?', 1)[0] ?? '/',
  };
}
