// Bounds guessing of passwords, second factors and passkeys: each attempt is counted by e-mail address, challenge or passkey,
// and by the client's address, before it is judged; what was not wrong is taken back.
// Entered by open-auth, around better-auth.
import type pg from 'pg';
import { countGuess, takeBackGuess } from './guess-limit.ts';

const passkeyPath = '/passkey/verify-authentication';

type Handler = (request: Request) => Promise<Response>;

export function openSignInLimit(pool: pg.Pool): (request: Request, next: Handler) => Promise<Response> {
  return async (request, next) => {
    const subject = await subjectOf(request);
    if (subject === null) return next(request);
    const address = request.headers.get('x-forwarded-for') ?? '';
    const counted = await countGuess(pool, { subject, address });
    if (counted.kind === 'too_many') {
      return Response.json(
        { code: 'TOO_MANY_WRONG_PASSWORDS' },
        { status: 429, headers: { 'retry-after': String(counted.retryAfterSeconds) } },
      );
    }
    let answer: Response;
    try {
      answer = await next(request);
    } catch (error) {
      // Nobody has judged it. What was wrong is told, not that the count stays when the database is away for that, too.
      await takeBackGuess(pool, counted.id).catch(() => undefined);
      throw error;
    }
    const wasWrong = answer.status === 401 || (answer.status === 400 && request.url.endsWith(passkeyPath));
    if (!wasWrong) await takeBackGuess(pool, counted.id);
    return answer;
  };
}

/** null: nothing is guessed at here. */
async function subjectOf(request: Request): Promise<string | null> {
  const { pathname } = new URL(request.url);
  if (pathname.endsWith('/sign-in/email')) {
    const { email } = (await request.clone().json()) as { email?: unknown };
    return String(email).trim().toLowerCase();
  }
  // A code belongs to the challenge in the cookie; better-auth counts by account besides.
  if (pathname.includes('/two-factor/verify-')) return `second factor of ${request.headers.get('cookie') ?? ''}`;
  // A signature is not guessed; this keeps somebody from having them checked without end.
  if (pathname.endsWith(passkeyPath)) {
    const { response } = (await request.clone().json()) as { response?: { id?: unknown } };
    return `passkey ${String(response?.id).slice(0, 1_500)}`;
  }
  return null;
}
