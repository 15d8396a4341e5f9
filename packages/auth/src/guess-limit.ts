// Bounds guessing, for all gateways together: every attempt is counted in the database before it is judged, by what it is tried on and by
// the client's address, and taken back when it was right. Entered by sign-in and by whatever else takes a secret without a session.
// Writes sign_in_failures only.
import { createHash } from 'node:crypto';
import { SenaError } from '@sena/contracts/errors';
import type pg from 'pg';

/** Wrong ones, and those under way, within the window after which no more are tried. */
const failuresPerSubject = 10;
const failuresPerAddress = 50;
const windowMinutes = 15;

export interface Guess {
  /** What is guessed at: an account, a challenge. */
  readonly subject: string;
  readonly address: string;
}

export type CountedGuess =
  | { readonly kind: 'counted'; readonly id: string }
  | { readonly kind: 'too_many'; readonly retryAfterSeconds: number };

/** One after the other for each subject and each address, so that those that come at once do not all find room for one more. */
export async function countGuess(pool: pg.Pool, guess: Guess): Promise<CountedGuess> {
  const of = [sha256(guess.subject), sha256(guess.address)];
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    // Always in this order: nobody waits for somebody who waits for them.
    await client.query(`select pg_advisory_xact_lock(hashtextextended('sena.guess.subject:' || $1, 0))`, [of[0]]);
    await client.query(`select pg_advisory_xact_lock(hashtextextended('sena.guess.address:' || $1, 0))`, [of[1]]);
    const found = await client.query<{ of_subject: number; of_address: number; seconds: number | null }>(
      `select count(*) filter (where email_sha256 = $1)::integer as of_subject, count(*) filter (where address_sha256 = $2)::integer as of_address,
         ceil(extract(epoch from min(at) + interval '${windowMinutes} minutes' - now()))::integer as seconds
       from sign_in_failures
       where (email_sha256 = $1 or address_sha256 = $2) and at > now() - interval '${windowMinutes} minutes'`,
      of,
    );
    const known = found.rows[0];
    if (known !== undefined && (known.of_subject >= failuresPerSubject || known.of_address >= failuresPerAddress)) {
      await client.query('commit');
      return { kind: 'too_many', retryAfterSeconds: Math.max(1, known.seconds ?? 1) };
    }
    const counted = await client.query<{ id: string }>(
      'insert into sign_in_failures (email_sha256, address_sha256) values ($1, $2) returning id',
      of,
    );
    await client.query('commit');
    return { kind: 'counted', id: (counted.rows[0] as { id: string }).id };
  } catch (error) {
    await client.query('rollback').catch((lost: Error) => {
      broken = lost;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}

/**
 * It was right, or nothing was guessed. Earlier ones stay counted: the right password of one person says nothing about attempts on another
 * one with the same address.
 */
export async function takeBackGuess(pool: pg.Pool, id: string): Promise<void> {
  await pool.query(`delete from sign_in_failures where id = $1 or at < now() - interval '${windowMinutes} minutes'`, [
    id,
  ]);
}

/** Throws `rate_limited`, or what `work` throws; `invitation_invalid` counts as a wrong guess. */
export async function withinGuessLimit<T>(
  pool: pg.Pool,
  { what, address }: { what: string; address: string },
  work: () => Promise<T>,
): Promise<T> {
  // A token has 256 bits and belongs to nobody that could be named: wrong ones are counted by address alone.
  const counted = await countGuess(pool, { subject: `${what} from ${address}`, address });
  if (counted.kind === 'too_many') {
    throw new SenaError('rate_limited', 'Too many attempts. Wait a few minutes, then try again.');
  }
  try {
    const result = await work();
    await takeBackGuess(pool, counted.id);
    return result;
  } catch (error) {
    if (!(error instanceof SenaError && error.code === 'invitation_invalid')) await takeBackGuess(pool, counted.id);
    throw error;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
