// A transaction on identity that acts for somebody: triggers write their audit rows with that name, in the same transaction.
import type pg from 'pg';

/** `actor` as principalRef makes it. Rolls back and rethrows what `work` throws. */
export async function inIdentity<T>(
  pool: pg.Pool,
  actor: string,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query(`select set_config('sena.actor', $1, true)`, [actor]);
    const result = await work(client);
    await client.query('commit');
    return result;
  } catch (error) {
    await client.query('rollback').catch((lost: Error) => {
      broken = lost;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
