import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inOrganization, openPool, type Pool } from './tenant.ts';
import { writeArray } from './write-arrays.ts';

let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 1, applicationName: 'test', onError: () => undefined });
});

afterAll(async () => {
  await pool.end();
  await database.drop();
});

const echo = (type: string, values: readonly unknown[]) =>
  inOrganization(pool, 'org_1', async (transaction) => {
    const { rows } = await transaction.query<{ value: unknown }>(`select $1::${type} as value`, [values]);
    return rows[0]?.value;
  });

test('text, whatever is in it', async () => {
  const odd = [
    '',
    ' ',
    'null',
    'NULL',
    'nullable',
    '{',
    '}',
    'a,b',
    '"',
    '\\',
    '\\\\"',
    "'",
    '{"a":"b\\n"}',
    '\n',
    '\t x ',
    'ö€😀',
    '+1',
    '-',
    'a b',
  ];
  expect(await echo('text[]', odd)).toEqual(odd);
  expect(await echo('text[]', [null, 'a', null])).toEqual([null, 'a', null]);
  expect(await echo('text[]', [])).toEqual([]);
});

test('every character that text can hold, alone and between others', async () => {
  const characters = Array.from({ length: 0x2fff }, (_, code) => String.fromCharCode(code + 1));
  const all = [...characters, ...characters.map((character) => `a${character}b`)];
  expect(await echo('text[]', all)).toEqual(all);
});

test('numbers, truth values, ids and bytes', async () => {
  expect(await echo('integer[]', [0, -1, null, 2_147_483_647])).toEqual([0, -1, null, 2_147_483_647]);
  expect(await echo('float8[]', [0.5, 1e300, Number.NaN, Number.NEGATIVE_INFINITY])).toEqual([
    0.5,
    1e300,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
  ]);
  expect(await echo('boolean[]', [true, false, null])).toEqual([true, false, null]);
  const id = '0192f3c4-0000-7000-8000-000000000001';
  expect(await echo('uuid[]', [id, null])).toEqual([id, null]);
  const bytes = [Buffer.from([0, 34, 44, 92, 123, 255]), null, Buffer.alloc(0)];
  expect(await echo('bytea[]', bytes)).toEqual(bytes);
  expect(await echo('jsonb[]', ['{"a": [1, "\\""]}', 'null'])).toEqual([{ a: [1, '"'] }, null]);
});

test('what it does not know is left to pg', async () => {
  const at = new Date('2026-01-02T03:04:05.678Z');
  expect(writeArray([at])).toBeNull();
  expect(writeArray([['a']])).toBeNull();
  expect(await echo('timestamptz[]', [at, null])).toEqual([at, null]);
  expect(
    await echo('text[]', [
      ['a', 'b,'],
      ['c', 'd'],
    ]),
  ).toEqual([
    ['a', 'b,'],
    ['c', 'd'],
  ]);
});
