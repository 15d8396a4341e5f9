// One sweeper at a time: an advisory lock that ends with its transaction. Entered by sweep. A holder that is stopped, or whose machine
// is gone, says nothing more, and PostgreSQL ends its transaction; what it still does when it wakes up is done twice, which
// is harmless.
import type { Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';

const usualSilentMs = 20_000;

/** False: another holds it, and `work` was not called. `silentMs`: a holder that says nothing for so long loses it. */
export async function holdSweeperLock(
  pool: Pool,
  logger: Logger,
  work: () => Promise<void>,
  silentMs = usualSilentMs,
): Promise<boolean> {
  const client = await pool.connect();
  let lost: Error | undefined;
  const lose = (error: unknown) => {
    lost ??= error instanceof Error ? error : new Error(String(error));
  };
  client.on('error', lose);
  try {
    await client.query('begin');
    await client.query(`select set_config('idle_in_transaction_session_timeout', $1, true)`, [String(silentMs)]);
    const lock = await client.query<{ got: boolean }>(
      `select pg_try_advisory_xact_lock(hashtext('sena.sweeper')) as got`,
    );
    const isMine = lock.rows[0]?.got ?? false;
    if (isMine) {
      const alive = setInterval(() => client.query('select 1').catch(lose), silentMs / 4);
      try {
        await work();
      } finally {
        clearInterval(alive);
      }
    }
    await client.query('commit').catch(lose);
    if (lost !== undefined) logger.warn({ err: lost }, 'the sweeper lost its lock; what it did was done all the same');
    return isMine;
  } catch (error) {
    lose(error);
    throw error;
  } finally {
    client.off('error', lose);
    client.release(lost);
  }
}
