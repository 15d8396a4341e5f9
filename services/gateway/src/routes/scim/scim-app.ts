// /scim/v2: where an organization's directory says who belongs, and in which groups. A scope of its own: other errors, other tokens, its own
// content type.
import { unchangeable } from '@sena/auth/scim/scim-users';
import { SenaError } from '@sena/contracts/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { GatewayApp } from '../../gateway-app.ts';
import { commonHeaders } from '../../plugins/response-headers.ts';
import { problemOfError } from '../../problems/problem-of-error.ts';
import { pathOf } from '../../problems/send-problem.ts';
import type { Services } from '../../services.ts';
import { scimContentType } from './describe-scim.ts';
import { scimDescriptions } from './scim-descriptions.ts';
import { scimGroupRoutes } from './scim-group-routes.ts';
import { scimUserRoutes } from './scim-user-routes.ts';

export function scimApp(app: GatewayApp, services: Services): void {
  void app.register(
    async (scim: GatewayApp) => {
      scim.addHook('preSerialization', async (_request, reply) => void reply.type(scimContentType));
      scim.setErrorHandler((error, request, reply) => sendScimError(request, reply, error));
      scimDescriptions(scim, services);
      scimUserRoutes(scim, services);
      scimGroupRoutes(scim, services);
    },
    { prefix: '/scim/v2' },
  );
}

/** RFC 7644, 3.12. */
function sendScimError(request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const { problem, headers } = problemOfError(error, pathOf(request.url));
  request.problemCode = problem.code;
  if (problem.status >= 500) request.log.error({ err: error, traceparent: request.traceparent }, 'a request failed');
  else if (error instanceof SenaError && error.cause !== undefined)
    request.log.info({ code: problem.code, why: String(error.cause) }, 'a request was refused');
  // What SENA calls a wrong field, SCIM calls a bad request.
  const status = problem.status === 422 ? 400 : problem.status;
  const scimType = scimTypeOf(problem);
  return reply
    .code(status)
    .headers({ ...commonHeaders, ...headers })
    .type(scimContentType)
    .send(
      JSON.stringify({
        schemas: ['urn:ietf:params:scim:api:messages:2.0:Error'],
        status: String(status),
        ...(scimType === null ? {} : { scimType }),
        detail: problem.detail,
      }),
    );
}

function scimTypeOf({
  code,
  fields,
}: {
  code: string;
  fields?: ReadonlyArray<{ path: string; message: string }> | undefined;
}): string | null {
  switch (code) {
    case 'name_taken':
      return 'uniqueness';
    case 'bad_request':
      return 'invalidSyntax';
    case 'validation_failed':
      if (fields?.[0]?.message === unchangeable) return 'mutability';
      switch (fields?.[0]?.path) {
        case 'filter':
          return 'invalidFilter';
        case 'path':
          return 'invalidPath';
        default:
          return 'invalidValue';
      }
    default:
      return null;
  }
}
