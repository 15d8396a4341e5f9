// A transaction on identity that acts for somebody: triggers write their audit rows with that name, in the same transaction. Whatever is about
// one organization goes through `inIdentityOf`: row-level security then holds, and a filter that is missing shows nothing of others.
import { type Actor, actorRef } from '@sena/contracts/domain/principal';
import type pg from 'pg';

/** Across organizations, for what comes before anybody is known. Rolls back and rethrows what `work` throws. */
export function inIdentity<T>(pool: pg.Pool, actor: Actor, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  return inTransaction(pool, `select ${actorSettings(1)}`, actorValues(actor), work);
}

/** Of one organization, as the role sena_organization: no other one's rows are there. `actor` null: nothing is changed, or `work` says who. */
export function inIdentityOf<T>(
  pool: pg.Pool,
  organizationId: string,
  actor: Actor | null,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return inTransaction(
    pool,
    `select set_config('role', 'sena_organization', true), set_config('sena.organization_id', $1, true), ${actorSettings(2)}`,
    [organizationId, ...(actor === null ? ['', ''] : actorValues(actor))],
    work,
  );
}

function actorSettings(first: number): string {
  return `set_config('sena.actor', $${first}, true), set_config('sena.api_key', $${first + 1}, true)`;
}

function actorValues(actor: Actor): [ref: string, key: string] {
  const key = typeof actor === 'string' ? null : actor.key;
  return [actorRef(actor), key === null ? '' : JSON.stringify(key)];
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
