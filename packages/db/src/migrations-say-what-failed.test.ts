import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { applyMigrations } from './apply-migrations.ts';
import { prepareDatabase } from './prepare-database.ts';
import { type LoginRole, loginRoles } from './roles.ts';

let database: TestDatabase;
let directory: string;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sena-migrations-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

function writeMigration(name: string, sql: string): void {
  mkdirSync(join(directory, name));
  writeFileSync(join(directory, name, 'migration.sql'), sql);
}

async function ask<Row extends pg.QueryResultRow>(sql: string, values: unknown[] = [], url = database.adminUrl) {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(sql, values)).rows;
  } finally {
    await client.end();
  }
}

function prepare(): Promise<void> {
  const adminUrl = new URL(database.adminUrl);
  adminUrl.pathname = '/postgres';
  const passwords = Object.fromEntries(
    loginRoles.map((role) => [role, new URL(database.urls[role.replace('sena_', '') as 'app']).password]),
  ) as Record<LoginRole, string>;
  return prepareDatabase({ adminUrl: adminUrl.href, database: database.name, passwords });
}

test('a migration that fails is named, changes nothing, and is named again at the next start', async () => {
  writeMigration('20990101000000_broken', 'create table half_done (id text); select no_such_function();');
  await expect(applyMigrations(database.urls.owner, directory)).rejects.toThrow(/20990101000000_broken/);
  expect(await ask(`select to_regclass('sena.half_done') as name`)).toEqual([{ name: null }]);
  await expect(applyMigrations(database.urls.owner, directory)).rejects.toThrow(/20990101000000_broken/);
  await ask(`delete from sena._prisma_migrations where migration_name = '20990101000000_broken'`);
});

test('bodies of functions keep their semicolons, and order is that of the names', async () => {
  writeMigration('20990102000001_second', `insert into made values (later());`);
  writeMigration(
    '20990102000000_first',
    `create table made (n integer); create function later() returns integer language plpgsql as $$ begin perform 1; return 2; end $$;`,
  );
  await applyMigrations(database.urls.owner, directory);
  expect(await ask('select n from sena.made')).toEqual([{ n: 2 }]);
});

test('a migration that was changed after it was applied is refused by its name', async () => {
  writeMigration('20990103000000_changed', 'create table before (id text);');
  await applyMigrations(database.urls.owner, directory);
  rmSync(join(directory, '20990103000000_changed'), { recursive: true });
  writeMigration('20990103000000_changed', 'create table after (id text);');
  await expect(applyMigrations(database.urls.owner, directory)).rejects.toThrow(
    /20990103000000_changed was changed after this database was made/,
  );
});

test('preparing again, and twice at once, changes nothing', async () => {
  const state = () =>
    ask(
      `select c.relname, c.relkind::text, c.relowner::regrole::text as owner, c.relacl::text from pg_class c
       where c.relnamespace = 'sena'::regnamespace order by 1`,
    );
  const before = await state();
  expect(before.length).toBeGreaterThan(30);
  await Promise.all([prepare(), prepare()]);
  expect(await state()).toEqual(before);
});

test('a role that may do more than it needs is refused', async () => {
  await ask('alter role sena_checkpoint createdb');
  try {
    await expect(prepare()).rejects.toThrow(/sena_checkpoint/);
  } finally {
    await ask('alter role sena_checkpoint nocreatedb');
  }
});
