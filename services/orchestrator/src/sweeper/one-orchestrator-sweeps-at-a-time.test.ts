import { openPool, type Pool } from '@sena/db/tenant';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { holdSweeperLock } from './hold-sweeper-lock.ts';

let database: TestDatabase;
let pool: Pool;
let other: Pool;
let log: string[];
const logger = createLogger('orchestrator', 'info', { write: (line) => void log.push(line) });
beforeAll(async () => {
  database = await createTestDatabase();
  const open = (applicationName: string) =>
    openPool(database.urls.app, { max: 2, applicationName, onError: () => undefined });
  pool = open('one');
  other = open('other');
});
afterAll(async () => {
  await pool.end();
  await other.end();
  await database.drop();
});
beforeEach(() => {
  log = [];
});

const nothing = () => Promise.resolve();
/** Holds the lock until `done` is called. */
function hold(silentMs: number): { done(): void; held: Promise<void>; ended: Promise<boolean> } {
  const { promise: release, resolve: done } = Promise.withResolvers<void>();
  const { promise: held, resolve: begun } = Promise.withResolvers<void>();
  const ended = holdSweeperLock(
    pool,
    logger,
    async () => {
      begun();
      await release;
    },
    silentMs,
  );
  return { done, held, ended };
}

test('while one sweeps no other does, for as long as it takes; then another may', async () => {
  const sweeping = hold(400);
  await sweeping.held;
  for (const until = performance.now() + 1_200; performance.now() < until; ) {
    expect(await holdSweeperLock(other, logger, () => Promise.reject(new Error('it was called')))).toBe(false);
  }
  sweeping.done();
  expect(await sweeping.ended).toBe(true);
  expect(await holdSweeperLock(other, logger, nothing)).toBe(true);
  expect(log).toEqual([]);
});

test('of many at once one sweeps', async () => {
  const calls: number[] = [];
  const sweeping = hold(10_000);
  await sweeping.held;
  const tries = await Promise.all(
    Array.from({ length: 6 }, () => holdSweeperLock(other, logger, async () => void calls.push(1))),
  );
  sweeping.done();
  await sweeping.ended;
  expect({ tries: new Set(tries), calls }).toEqual({ tries: new Set([false]), calls: [] });
});

test('a sweep that fails lets go', async () => {
  await expect(holdSweeperLock(pool, logger, () => Promise.reject(new Error('no database')))).rejects.toThrow(
    'no database',
  );
  expect(await holdSweeperLock(other, logger, nothing)).toBe(true);
});

test('a holder that falls silent loses the lock, and says so when it wakes up', async () => {
  const sweeping = hold(1_000_000_000);
  await sweeping.held;
  // As PostgreSQL does after `idle_in_transaction_session_timeout`.
  await other.query(`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'one'`);
  await eventually('another sweeps', () => holdSweeperLock(other, logger, nothing));
  sweeping.done();
  expect(await sweeping.ended).toBe(true);
  expect(log.join()).toContain('the sweeper lost its lock');
});

test('a holder that is stopped is silent: PostgreSQL ends its transaction', async () => {
  const stopped = await pool.connect();
  const ended = new Promise<Error>((resolve) => stopped.once('error', resolve));
  await stopped.query('begin');
  await stopped.query(`select set_config('idle_in_transaction_session_timeout', '200', true)`);
  await stopped.query(`select pg_try_advisory_xact_lock(hashtext('sena.sweeper'))`);
  expect(await holdSweeperLock(other, logger, nothing)).toBe(false);
  await eventually('another sweeps', () => holdSweeperLock(other, logger, nothing));
  stopped.release(await ended);
});
