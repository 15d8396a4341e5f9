import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedEveryTable } from './fixtures/seed-every-table.ts';

/** Tables of the schema sena without row-level security, and why. */
const exempt: Record<string, string> = {
  _prisma_migrations: 'bookkeeping of migrations; no role of a service may read it',
};
/** Tables whose rows may belong to no organization: every organization reads those. */
const shared: Record<string, string> = { runbooks: "SENA's own runbooks" };

let database: TestDatabase;
let admin: pg.Client;
let tables: string[];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = await connect(database.adminUrl);
  await admin.query('set search_path = sena');
  await seedEveryTable(admin, 'a');
  await seedEveryTable(admin, 'b');
  const found = await admin.query<{ relname: string }>(
    `select relname from pg_class where relnamespace = 'sena'::regnamespace and relkind in ('r', 'p') order by 1`,
  );
  tables = found.rows.map((row) => row.relname).filter((name) => !(name in exempt));
});
afterAll(async () => {
  await admin.end();
  await database.drop();
});

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

async function codeOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    return (error as pg.DatabaseError).code;
  }
}

test('every table, partitions too, has row-level security enabled and forced, with a policy', async () => {
  expect(tables.length).toBeGreaterThan(25);
  const found = await admin.query<{ relname: string; enabled: boolean; forced: boolean; policies: number }>(
    `select relname, relrowsecurity as enabled, relforcerowsecurity as forced,
       (select count(*)::integer from pg_policy p where p.polrelid = c.oid) as policies
     from pg_class c where relnamespace = 'sena'::regnamespace and relkind in ('r', 'p')`,
  );
  for (const { relname, ...security } of found.rows) {
    if (relname in exempt) continue;
    expect({ relname, ...security }).toEqual({ relname, enabled: true, forced: true, policies: 1 });
  }
});

test('a partition made later has row-level security, and making it again changes nothing', async () => {
  const app = await connect(database.urls.app);
  for (let time = 0; time < 2; time += 1) await app.query(`select ensure_output_partition('2031-07-15')`);
  await app.end();
  const made = await admin.query(
    `select relrowsecurity, relforcerowsecurity, relispartition,
       (select count(*)::integer from pg_policy p where p.polrelid = c.oid) as policies
     from pg_class c where oid = 'sena.output_chunks_2031_07'::regclass`,
  );
  expect(made.rows).toEqual([{ relrowsecurity: true, relforcerowsecurity: true, relispartition: true, policies: 1 }]);
});

test('views that would read as their owner do not exist', async () => {
  const views = await admin.query(
    `select relname from pg_class where relnamespace = 'sena'::regnamespace and relkind in ('v', 'm')`,
  );
  expect(views.rows).toEqual([]);
});

describe('rows', () => {
  test('each table holds rows of both organizations, so that what follows means something', async () => {
    for (const table of tables) {
      const found = await admin.query<{ n: number }>(
        `select count(distinct organization_id)::integer as n from ${table} where organization_id in ('org_a', 'org_b')`,
      );
      // A month of output without rows is a partition made for later.
      if (/^output_chunks_2031/.test(table)) continue;
      expect({ table, organizations: found.rows[0]?.n }).toEqual({ table, organizations: 2 });
    }
  });

  test('without an organization even the owner of the tables sees nothing', async () => {
    const owner = await connect(database.urls.owner);
    for (const table of tables) {
      expect({ table, rows: (await owner.query(`select * from ${table}`)).rows }).toEqual({ table, rows: [] });
    }
    await owner.query(`select set_config('sena.organization_id', '', false)`);
    for (const table of tables) {
      expect({ table, rows: (await owner.query(`select * from ${table}`)).rows }).toEqual({ table, rows: [] });
    }
    await owner.end();
  });

  test('each role sees the rows of the organization that is set, in each table it may read, and none besides', async () => {
    for (const role of ['owner', 'app', 'relay', 'signer'] as const) {
      const client = await connect(database.urls[role]);
      await client.query(`select set_config('sena.organization_id', 'org_a', false)`);
      let readable = 0;
      for (const table of tables) {
        const code = await codeOf(client.query(`select 1 from ${table} limit 0`));
        if (code === '42501') continue;
        readable += 1;
        const seen = await client.query<{ organization_id: string | null }>(
          `select distinct organization_id from ${table} where organization_id is not null`,
        );
        const expected = /^output_chunks_2031/.test(table) ? [] : [{ organization_id: 'org_a' }];
        expect({ role, table, seen: seen.rows }).toEqual({ role, table, seen: expected });
      }
      expect(readable).toBeGreaterThan(8);
      await client.end();
    }
  });

  test('a row of another organization can not be written, changed into or moved, in any table', async () => {
    const owner = await connect(database.urls.owner);
    await owner.query(`select set_config('sena.organization_id', 'org_a', false)`);
    for (const table of tables) {
      if (/^output_chunks_2031/.test(table)) continue;
      const columns = await admin.query<{ name: string }>(
        `select attname as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped order by attnum`,
        [`sena.${table}`],
      );
      const names = columns.rows.map((column) => column.name);
      const row = await admin.query(
        `select ${names.map((name) => `${name}::text`).join(', ')} from ${table} where organization_id = 'org_b' limit 1`,
      );
      const types = await admin.query<{ type: string }>(
        `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 order by attnum`,
        [`sena.${table}`],
      );
      const values = names.map((_, i) => `$${i + 1}::${types.rows[i]?.type}`);
      const insert = owner.query(
        `insert into ${table} (${names.join(', ')}) overriding system value values (${values.join(', ')})`,
        names.map((name) => row.rows[0]?.[name]),
      );
      expect({ table, insert: await codeOf(insert) }).toEqual({ table, insert: '42501' });
      const move = owner.query(`update ${table} set organization_id = 'org_b'`);
      // A sealed or numbered row is append-only besides, with the same code.
      expect({ table, move: await codeOf(move) }).toEqual({ table, move: '42501' });
    }
    await owner.end();
  });

  test('no row belongs to nobody but where that is meant', async () => {
    for (const table of tables) {
      const nullable = await admin.query(
        `select 1 from pg_attribute where attrelid = $1::regclass and attname = 'organization_id' and not attnotnull`,
        [`sena.${table}`],
      );
      expect({ table, nullable: nullable.rowCount === 1 }).toEqual({ table, nullable: table in shared });
    }
  });
});

test.each([
  ...['outcomes', 'run_events', 'audit_events', 'audit_seals'],
  ...['audit_checkpoints', 'audit_tree', 'audit_cosignatures'],
  ...['approval_decisions', 'approval_assertions', 'policy_versions'],
])('%s is append-only, for the owner too', async (table) => {
  const owner = await connect(database.urls.owner);
  await owner.query(`select set_config('sena.organization_id', 'org_a', false)`);
  for (const change of [
    `update ${table} set organization_id = organization_id`,
    `delete from ${table}`,
    `truncate ${table} cascade`,
  ]) {
    await expect(owner.query(change)).rejects.toMatchObject({ code: '42501', message: `${table} is append-only` });
  }
  await owner.end();
});
