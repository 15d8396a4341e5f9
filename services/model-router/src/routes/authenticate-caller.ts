// Who asks, and for which organization: from the service token alone, never from a header or the body.
// Entered before the body is read.
import { type ServiceIdentity, verifyServiceToken } from '@sena/auth/service-token';
import { SenaError } from '@sena/contracts/errors';
import type { FastifyRequest } from 'fastify';

/** Throws `unauthenticated`. */
export async function authenticateCaller(secret: string, request: FastifyRequest): Promise<ServiceIdentity> {
  const token = /^Bearer ([^\s]+)$/.exec(request.headers.authorization ?? '')?.[1];
  if (token === undefined) {
    throw new SenaError(
      'unauthenticated',
      'Send a service token: "Authorization: Bearer …". Only services of SENA have one.',
    );
  }
  const verified = await verifyServiceToken(secret, 'model-router', token);
  switch (verified.kind) {
    case 'verified':
      return verified.identity;
    case 'refused':
      throw new SenaError(
        'unauthenticated',
        'The service token is not valid, or is older than five minutes. Mint a new one.',
        {
          cause: new Error(verified.why),
        },
      );
  }
}
