import { halfOpenDatabase } from '@sena/testing/half-open-database';
import { expect, it } from 'vitest';
import { openPool } from './tenant.ts';

const postgres = halfOpenDatabase('app');

it('a query on a half-open connection fails in bounded time, and the next one has another connection', async () => {
  const pool = openPool(postgres.url(), {
    ...{ max: 3, applicationName: 'half-open', onError: () => undefined, silentMsMax: 500 },
  });
  try {
    // Three that nobody has: one of them is found dead, and nobody waits for the others.
    await Promise.all([1, 2, 3].map(() => pool.query('select pg_sleep(0.1)')));
    expect(pool.idleCount).toBe(3);
    postgres.fallSilent();
    await expect(pool.query('select 1')).rejects.toThrow(/said nothing for 500 ms/);
    expect((await pool.query<{ n: number }>('select 2 as n')).rows).toEqual([{ n: 2 }]);
    // In a transaction too: nobody waits for a rollback that can't arrive.
    const client = await pool.connect();
    await client.query('begin');
    postgres.fallSilent();
    await expect(client.query('select 1')).rejects.toThrow(/said nothing/);
    await expect(client.query('rollback')).rejects.toThrow();
    client.release();
    expect((await pool.query<{ n: number }>('select 3 as n')).rows).toEqual([{ n: 3 }]);
  } finally {
    await pool.end();
  }
}, 20_000);
