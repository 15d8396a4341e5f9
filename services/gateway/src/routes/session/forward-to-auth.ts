// Hands a request to better-auth and its answer back; what it refuses becomes a problem like any other.
// Only what SENA has opened is handed on.
import { countMemberships } from '@sena/auth/members/count-memberships';
import { isOpenAuthPath } from '@sena/auth/open-auth-paths';
import { signInContext } from '@sena/auth/open-passkeys';
import { type ErrorCode, SenaError } from '@sena/contracts/errors';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { pathOf } from '../../problems/send-problem.ts';
import type { Services } from '../../services.ts';

/** Not what a browser says of itself: same-origin has judged that already. */
const forwardedHeaders = ['cookie', 'origin', 'referer', 'user-agent'] as const;

export async function forwardToAuth(services: Services, request: FastifyRequest, reply: FastifyReply): Promise<never> {
  if (!isOpenAuthPath(request.method, pathOf(request.url))) {
    throw new SenaError('not_found', 'There is nothing at this address. See /docs for those that there are.');
  }
  // Our own address of the client: what a client claims in such a header is not believed.
  const headers = new Headers({ 'x-forwarded-for': request.ip });
  for (const name of forwardedHeaders) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, value);
  }
  await refuseForeignPasskeys(services, request, headers);
  const hasBody = request.method !== 'GET';
  if (hasBody) headers.set('content-type', 'application/json');
  const answer = await services.auth.handler(
    new Request(`${services.settings.publicUrl}${request.url}`, {
      method: request.method,
      headers,
      ...(hasBody ? { body: JSON.stringify(request.body ?? {}) } : {}),
    }),
  );

  const cookies = answer.headers.getSetCookie();
  if (cookies.length > 0) reply.header('set-cookie', cookies);
  const text = await answer.text();
  if (answer.status >= 400) {
    const retryAfter = answer.headers.get('x-retry-after') ?? answer.headers.get('retry-after');
    if (retryAfter !== null) reply.header('retry-after', retryAfter);
    throw refusalOf(request, answer.status, text);
  }
  return reply
    .code(answer.status)
    .type('application/json')
    .send(text === '' ? 'null' : text) as never;
}

/**
 * A provider speaks for one organization. Passkeys are a person's, in all of them: a session that it began neither sees, adds nor removes any
 * of somebody who belongs to others as well, and adds none that signs in.
 */
async function refuseForeignPasskeys(services: Services, request: FastifyRequest, headers: Headers): Promise<void> {
  const path = pathOf(request.url);
  if (
    !path.startsWith('/api/auth/passkey/') ||
    path.endsWith('-authentication') ||
    path.endsWith('authenticate-options')
  )
    return;
  const session = await services.auth.readSession(headers);
  if (session === null || !session.isOfProvider) return;
  if (new URLSearchParams(request.url.split('?', 2)[1]).get('context') === signInContext) {
    throw new SenaError(
      'forbidden',
      'Your organization’s provider signed you in, so it goes on doing so. Sign in with a password to add a passkey for signing in.',
    );
  }
  if ((await countMemberships(services.auth.pool, session.userId)) <= 1) return;
  throw new SenaError(
    'forbidden',
    'Your organization’s provider signed you in, and you belong to others as well. Sign in with your password to manage passkeys.',
  );
}

function refusalOf(request: FastifyRequest, status: number, text: string): SenaError {
  const cause = new Error(`better-auth answered ${status}: ${codeOf(text)}`);
  // One sentence for whatever is wrong: nobody learns which passkeys there are.
  if (pathOf(request.url).endsWith('/passkey/verify-authentication') && status < 500 && status !== 429) {
    const sentence = 'This passkey does not sign you in. Use one that was added for signing in, or your password.';
    return new SenaError('unauthenticated', sentence, { cause });
  }
  const { code, sentence } = describe(status, cause.message);
  return new SenaError(code, sentence, { cause });
}

function describe(status: number, why: string): { code: ErrorCode; sentence: string } {
  if (/INVALID_CODE|INVALID_BACKUP_CODE/.test(why)) {
    return {
      code: 'unauthenticated',
      sentence: 'The code is wrong, or was used before. Wait for the next one and try again.',
    };
  }
  if (/INVALID_TWO_FACTOR_COOKIE/.test(why)) {
    return {
      code: 'unauthenticated',
      sentence: 'The sign-in took too long. Enter the e-mail address and the password again.',
    };
  }
  if (/TOO_MANY_ATTEMPTS/.test(why)) {
    return { code: 'rate_limited', sentence: 'Too many wrong codes. Enter the e-mail address and the password again.' };
  }
  if (/INVALID_PASSWORD/.test(why)) return { code: 'validation_failed', sentence: 'The password is wrong.' };
  // One answer, whether it is wrong or somebody has it already: who, nobody learns.
  if (/FAILED_TO_VERIFY_REGISTRATION/.test(why)) {
    return { code: 'validation_failed', sentence: 'This passkey could not be added. Begin again, with another one.' };
  }
  if (status === 401) return { code: 'unauthenticated', sentence: 'The e-mail address or the password is wrong.' };
  if (status === 403 && /ORIGIN|CROSS_SITE/.test(why)) {
    return { code: 'origin_refused', sentence: 'Sign in from SENA’s own pages.' };
  }
  if (status === 403 && /FRESH/.test(why)) {
    return { code: 'forbidden', sentence: 'You signed in more than a day ago. Sign out, sign in, and try again.' };
  }
  if (status === 403) return { code: 'forbidden', sentence: 'Your role does not allow this.' };
  if (status === 404) return { code: 'not_found', sentence: 'There is nothing with this id.' };
  if (status === 429) {
    return { code: 'rate_limited', sentence: 'Too many attempts. Wait a few minutes, then try again.' };
  }
  if (status < 500) return { code: 'validation_failed', sentence: 'A field is missing or wrong.' };
  return { code: 'internal', sentence: 'SENA failed at this request; nothing you sent was wrong. Try again.' };
}

/** better-auth's own code, for the log; never what was sent. */
function codeOf(text: string): string {
  try {
    const { code } = JSON.parse(text) as { code?: unknown };
    return typeof code === 'string' ? code.slice(0, 80) : 'no code';
  } catch {
    return 'no code';
  }
}
