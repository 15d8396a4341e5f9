import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from './postgres.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

async function ask(url: string, sql: string): Promise<Record<string, unknown>> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows[0];
  } finally {
    await client.end();
  }
}

const who = `select current_user as role, current_database() as database, inet_server_addr() is null as "overSocket"`;

test('every role logs in, over TCP and over the Unix socket', async () => {
  for (const key of Object.keys(database.urls) as Array<keyof TestDatabase['urls']>) {
    const expected = { role: `sena_${key}`, database: database.name };
    expect(await ask(database.urls[key], who)).toEqual({ ...expected, overSocket: false });
    expect(await ask(database.socketUrls[key], who)).toEqual({ ...expected, overSocket: true });
  }
});

test('roles work in the schema they own, as in a database that was prepared and not copied', async () => {
  expect(await ask(database.urls.queue, 'show search_path')).toEqual({ search_path: 'bullmq' });
  expect(
    await ask(
      database.urls.owner,
      'select count(*)::int > 5 as migrated from pg_tables where schemaname = current_schema()',
    ),
  ).toEqual({ migrated: true });
});

test('two databases share nothing', async () => {
  const other = await createTestDatabase();
  await ask(database.urls.owner, 'create table only_here as select 1 as n');
  await expect(ask(other.urls.owner, 'select * from only_here')).rejects.toThrow('does not exist');
  await other.drop();
  await expect(ask(other.urls.owner, 'select 1')).rejects.toThrow('does not exist');
});

test('disconnectAll cuts what is connected, and new connections work', async () => {
  const client = new pg.Client({ connectionString: database.urls.app });
  await client.connect();
  const cut = new Promise((resolve) => client.on('error', resolve));
  await database.disconnectAll();
  await cut;
  expect(await ask(database.urls.app, 'select 1 as n')).toEqual({ n: 1 });
});
