// Handlers of routes that are not public enter here for who is asking. Pure.
import type { Member } from '@sena/contracts/domain/principal';
import type { FastifyRequest } from 'fastify';

/** Throws when authentication did not run: then the route was registered as public. */
export function memberOf(request: FastifyRequest): Member {
  if (request.member === null)
    throw new Error(`${request.routeOptions.url ?? 'this route'} is public, nobody is asking`);
  return request.member;
}
