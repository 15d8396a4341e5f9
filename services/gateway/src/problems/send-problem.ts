// The one place that answers with a problem. Writes the reply and notes the code for the request's log line.
import { SenaError } from '@sena/contracts/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { commonHeaders } from '../plugins/response-headers.ts';
import { problemContentType } from './declare-problems.ts';
import { problemOfError } from './problem-of-error.ts';

export function sendProblem(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { problem, headers } = problemOfError(error, pathOf(request.url));
  request.problemCode = problem.code;
  if (problem.status >= 500) request.log.error({ err: error, traceparent: request.traceparent }, 'a request failed');
  else if (error instanceof SenaError && error.cause !== undefined) {
    request.log.info({ code: problem.code, why: whyOf(error.cause) }, 'a request was refused');
  }
  // A string is sent as it is: no response schema of the route can spoil it.
  return reply
    .code(problem.status)
    .headers({ ...commonHeaders, ...headers })
    .type(problemContentType)
    .send(JSON.stringify(problem));
}

/** Without the query, which may hold anything. */
export function pathOf(url: string): string {
  return url.split('?', 1)[0]?.slice(0, 300) ?? '/';
}

function whyOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
