import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openPool, type Pool } from './tenant.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.checkpoint, { max: 1, applicationName: 'test', onError: () => undefined });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const read = async (sql: string, values: unknown[] = []) =>
  (await pool.query(`select ${sql} as value`, values)).rows[0].value;

test('flat, nested, empty and null', async () => {
  expect(await read(`array['\\x6162'::bytea, null, ''::bytea]`)).toEqual([Buffer.from('ab'), null, Buffer.alloc(0)]);
  expect(await read(`array[array['\\x00'::bytea, '\\xff'::bytea], array[null, '\\x5c22'::bytea]]`)).toEqual([
    [Buffer.from([0]), Buffer.from([255])],
    [null, Buffer.from('\\"')],
  ]);
  expect(await read(`'{}'::bytea[]`)).toEqual([]);
  expect(await read('null::bytea[]')).toBeNull();
  expect(await read(`'[2:3]={"\\\\x61","\\\\x62"}'::bytea[]`)).toEqual([Buffer.from('a'), Buffer.from('b')]);
});

test('a checkpoint of 4 MB is there at once', async () => {
  const bytes = Buffer.alloc(4 * 1024 * 1024, 'a "quoted" \\ byte, { brace }');
  const startedAt = process.cpuUsage();
  expect(await read('array[array[$1::bytea]]', [bytes])).toEqual([[bytes]]);
  const { user } = process.cpuUsage(startedAt);
  expect(user / 1_000_000).toBeLessThan(2);
});
