// Handlers below /scim/v2 enter here for whose directory is speaking. Pure.
import type { Directory } from '@sena/auth/scim/scim-tokens';
import type { FastifyRequest } from 'fastify';

export const resourcesMax = 200;

/** Throws when authentication did not run. */
export function directoryOf(request: FastifyRequest): Directory {
  if (request.directory === null) throw new Error(`${request.routeOptions.url ?? 'this route'} is of no directory`);
  return request.directory;
}

/** RFC 7644, 3.4.2.4: below 1 is 1, below 0 is 0. */
export function pageOf({ startIndex, count }: { startIndex: number; count: number }) {
  return { skipped: Math.max(1, startIndex) - 1, limit: Math.min(resourcesMax, Math.max(0, count)) };
}

export function listAnswer(resources: readonly object[], total: number, { skipped }: { skipped: number }) {
  return {
    schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
    totalResults: total,
    startIndex: skipped + 1,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}
