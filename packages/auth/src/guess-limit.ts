// Bounds guessing, for all gateways together: what was wrong is counted in the database, by what it was tried on and by the client's
// address. Entered by sign-in and by whatever else takes a secret without a session. Writes sign_in_failures only.
import { createHash } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';
import type pg from 'pg';

/** Wrong ones within the window after which no more are tried. */
const failuresPerSubject = 10;
const failuresPerAddress = 50;
const windowMinutes = 15;

export interface Guess {
  /** What is guessed at: an account, a challenge. */
  readonly subject: string;
  readonly address: string;
}

/** null: go on. */
export async function secondsUntilAllowed(pool: pg.Pool, guess: Guess): Promise<number | null> {
  const found = await pool.query<{ of_subject: string; of_address: string; seconds: number | null }>(
    `select count(*) filter (where email_sha256 = $1) as of_subject, count(*) filter (where address_sha256 = $2) as of_address,
       ceil(extract(epoch from min(at) + interval '${windowMinutes} minutes' - now()))::integer as seconds
     from sign_in_failures
     where (email_sha256 = $1 or address_sha256 = $2) and at > now() - interval '${windowMinutes} minutes'`,
    [sha256(guess.subject), sha256(guess.address)],
  );
  const row = found.rows[0];
  if (row === undefined) return null;
  const tooMany = Number(row.of_subject) >= failuresPerSubject || Number(row.of_address) >= failuresPerAddress;
  return tooMany ? Math.max(1, row.seconds ?? 1) : null;
}

export async function countFailure(pool: pg.Pool, guess: Guess): Promise<void> {
  await pool.query('insert into sign_in_failures (email_sha256, address_sha256) values ($1, $2)', [
    sha256(guess.subject),
    sha256(guess.address),
  ]);
}

export async function forgetFailures(pool: pg.Pool, guess: Guess): Promise<void> {
  await pool.query(
    `delete from sign_in_failures where email_sha256 = $1 or at < now() - interval '${windowMinutes} minutes'`,
    [sha256(guess.subject)],
  );
}

/** Throws `rate_limited`, or what `work` throws; `invitation_invalid` counts as a wrong guess. */
export async function withinGuessLimit<T>(
  pool: pg.Pool,
  { what, address }: { what: string; address: string },
  work: () => Promise<T>,
): Promise<T> {
  // A token has 256 bits and belongs to nobody that could be named: wrong ones are counted by address alone.
  const guess = { subject: `${what} from ${address}`, address };
  if ((await secondsUntilAllowed(pool, guess)) !== null) {
    throw new SenaError('rate_limited', 'Too many attempts. Wait a few minutes, then try again.');
  }
  try {
    return await work();
  } catch (error) {
    if (error instanceof SenaError && error.code === 'invitation_invalid') await countFailure(pool, guess);
    throw error;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
