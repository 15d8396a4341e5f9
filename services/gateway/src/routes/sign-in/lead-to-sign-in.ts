// A sign-in at a provider that came to nothing: the browser is led to the sign-in page, which says why. Throws what is a defect.
import { SenaError } from '@sena/contracts/errors';
import { isDatabaseAway } from '@sena/db/is-database-away';
import type { FastifyReply, FastifyRequest } from 'fastify';

export function leadToSignIn(
  publicUrl: string,
  request: FastifyRequest,
  reply: FastifyReply,
  error: unknown,
): FastifyReply {
  const code = codeOf(error);
  if (code === null) throw error;
  request.log.info({ err: error, code }, 'a sign-in at a provider was refused');
  return reply.redirect(`${publicUrl}/sign-in?failed=${code}`, 303);
}

function codeOf(error: unknown): string | null {
  if (error instanceof SenaError) return error.code;
  return isDatabaseAway(error) ? 'database_unavailable' : null;
}
