// Bounds guessing of passwords, for all gateways together: wrong ones are counted in the database, by e-mail address and by
// the client's address. Entered by open-auth, around better-auth. Writes sign_in_failures only.
import { createHash } from 'node:crypto';
import type pg from 'pg';

/** Wrong passwords within the window after which no more are tried. */
const failuresPerEmail = 10;
const failuresPerAddress = 50;
const windowMinutes = 15;

type Handler = (request: Request) => Promise<Response>;

export function openSignInLimit(pool: pg.Pool): (request: Request, next: Handler) => Promise<Response> {
  return async (request, next) => {
    if (!new URL(request.url).pathname.endsWith('/sign-in/email')) return next(request);
    const { email } = (await request.clone().json()) as { email?: unknown };
    const emailSha256 = sha256(String(email).trim().toLowerCase());
    const addressSha256 = sha256(request.headers.get('x-forwarded-for') ?? '');

    const retryAfterSeconds = await secondsUntilAllowed(pool, emailSha256, addressSha256);
    if (retryAfterSeconds !== null) {
      return Response.json(
        { code: 'TOO_MANY_WRONG_PASSWORDS' },
        { status: 429, headers: { 'retry-after': String(retryAfterSeconds) } },
      );
    }
    const answer = await next(request);
    if (answer.status === 401) {
      await pool.query('insert into sign_in_failures (email_sha256, address_sha256) values ($1, $2)', [
        emailSha256,
        addressSha256,
      ]);
    } else if (answer.ok) {
      await pool.query(
        `delete from sign_in_failures where email_sha256 = $1 or at < now() - interval '${windowMinutes} minutes'`,
        [emailSha256],
      );
    }
    return answer;
  };
}

/** null: go on. */
async function secondsUntilAllowed(pool: pg.Pool, emailSha256: string, addressSha256: string): Promise<number | null> {
  const found = await pool.query<{ of_email: string; of_address: string; seconds: number | null }>(
    `select count(*) filter (where email_sha256 = $1) as of_email, count(*) filter (where address_sha256 = $2) as of_address,
       ceil(extract(epoch from min(at) + interval '${windowMinutes} minutes' - now()))::integer as seconds
     from sign_in_failures
     where (email_sha256 = $1 or address_sha256 = $2) and at > now() - interval '${windowMinutes} minutes'`,
    [emailSha256, addressSha256],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  const tooMany = Number(row.of_email) >= failuresPerEmail || Number(row.of_address) >= failuresPerAddress;
  return tooMany ? Math.max(1, row.seconds ?? 1) : null;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
