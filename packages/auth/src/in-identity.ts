// A transaction on identity that acts for somebody: triggers write their audit rows with that name, in the same transaction. Whatever is about
// one organization goes through `inIdentityOf`: row-level security then holds, and a filter that is missing shows nothing of others.
import type pg from 'pg';

/** Across organizations, for what comes before anybody is known. `actor` as principalRef makes it. Rolls back and rethrows what `work` throws. */
export function inIdentity<T>(pool: pg.Pool, actor: string, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, `select set_config('sena.actor', $1, true)`, [actor], work);
}

/** Of one organization, as the role sena_organization: no other one's rows are there. `actor` null: nothing is changed, or `work` says who. */
export function inIdentityOf<T>(
  pool: pg.Pool,
  organizationId: string,
  actor: string | null,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inTransaction(
    pool,
    `select set_config('role', 'sena_organization', true), set_config('sena.organization_id', $1, true), set_config('sena.actor', $2, true)`,
    [organizationId, actor ?? ''],
    work,
  );
}

async function inTransaction<T>(
  pool: pg.Pool,
  settings: string,
  values: readonly string[],
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query('begin');
    await client.query(settings, [...values]);
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
