import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { seedEveryIdentityTable } from './fixtures/seed-every-identity-table.ts';
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
  await seedEveryIdentityTable(admin, 'a');
  await seedEveryIdentityTable(admin, 'b');
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

const ofProvider = (column: string) =>
  `(select p.organization_id from identity.sign_in_providers p where p.id = ${column})`;

/** Tables of the schema identity whose rows are an organization's: whose a row is, and what would make it org_b's. */
const ownedIdentity: Record<string, { whose: string; move: string }> = {
  organization: { whose: 'id', move: `id = 'org_b'` },
  member: { whose: '"organizationId"', move: `"organizationId" = 'org_b'` },
  invitation: { whose: '"organizationId"', move: `"organizationId" = 'org_b'` },
  apikey: { whose: '"organizationId"', move: `metadata = '{"organizationId":"org_b"}'` },
  session: { whose: '"activeOrganizationId"', move: `"activeOrganizationId" = 'org_b'` },
  account: { whose: ofProvider('"providerId"'), move: `"providerId" = 'idp_b'` },
  sign_in_attempts: { whose: ofProvider('provider_id'), move: `provider_id = 'idp_b'` },
  saml_assertions: { whose: ofProvider('provider_id'), move: `provider_id = 'idp_b'` },
  ...Object.fromEntries(
    [
      ...['invitations', 'former_members', 'sign_in_providers'],
      ...['scim_tokens', 'scim_users', 'scim_groups', 'scim_group_members'],
    ].map((table) => [table, { whose: 'organization_id', move: `organization_id = 'org_b'` }]),
  ),
};
/** The others, and why they are no organization's. */
const ofNoOrganization: Record<string, string> = {
  user: 'a person, who may belong to several organizations',
  twoFactor: 'a person’s second factor, at every sign-in; sena_organization may not read it',
  passkey: 'a person’s passkeys, in all of their organizations; sena_organization may not read them',
  verification: 'a challenge of somebody who is not signed in yet; sena_organization may not read it',
  sign_in_failures: 'hashes of what was guessed at, before anybody is known; sena_organization may not read it',
};

describe('identity', () => {
  const identityTables = async () =>
    (
      await admin.query<{ relname: string; enabled: boolean; forced: boolean; policies: string[] }>(
        `select relname, relrowsecurity as enabled, relforcerowsecurity as forced,
           array(select polname || ' to ' || array(select case r when 0 then 'everybody' else r::regrole::text end from unnest(polroles) r)::text
                 from pg_policy p where p.polrelid = c.oid order by polname) as policies
         from pg_class c where relnamespace = 'identity'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by relname`,
      )
    ).rows;
  /** Of this organization, or of none. */
  const asOrganization = async (organizationId: string | null): Promise<pg.Client> => {
    const client = await connect(database.urls.identity);
    await client.query(`set role sena_organization`);
    if (organizationId !== null) {
      await client.query(`select set_config('sena.organization_id', $1, false)`, [organizationId]);
    }
    return client;
  };
  const readableColumns = async (client: pg.Client, table: string) =>
    (
      await client.query<{ name: string }>(
        `select quote_ident(attname) as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped
           and has_column_privilege(attrelid, attnum, 'select') order by attnum`,
        [`identity."${table}"`],
      )
    ).rows.map(({ name }) => name);

  test('every table is an organization’s, with row-level security enabled and forced, or is named as nobody’s', async () => {
    const found = await identityTables();
    expect(found.map(({ relname }) => relname)).toEqual(
      [...Object.keys(ownedIdentity), ...Object.keys(ofNoOrganization)].sort(),
    );
    for (const { relname, ...security } of found) {
      if (relname in ofNoOrganization) continue;
      const policies = ['all_rows to {sena_identity}', 'organization_rows to {everybody}'];
      if (relname === 'account') policies.splice(1, 0, 'new_passwords to {sena_organization}');
      expect({ relname, ...security }).toEqual({ relname, enabled: true, forced: true, policies });
    }
  });

  test('sena_organization sees the rows of the organization that is set and none besides; without one, and as the owner, nobody sees any', async () => {
    const [ours, nobodys] = [await asOrganization('org_a'), await asOrganization(null)];
    const owner = await connect(database.urls.owner);
    let readable = 0;
    for (const [table, { whose }] of Object.entries(ownedIdentity)) {
      const all = await admin.query<{ of: string; row: object }>(
        `select ${whose} as of, row_to_json(t) as row from identity."${table}" t order by 1`,
      );
      expect({ table, of: all.rows.map(({ of }) => of) }).toEqual({ table, of: ['org_a', 'org_b'] });
      expect({ table, rows: (await owner.query(`select * from identity."${table}"`)).rows }).toEqual({
        table,
        rows: [],
      });
      const columns = await readableColumns(ours, table);
      if (columns.length === 0) continue;
      readable += 1;
      const select = `select ${columns.join(', ')} from "${table}"`;
      const seen = await ours.query({ text: select, rowMode: 'array' });
      const a = await admin.query({
        text: `select ${columns.join(', ')} from identity."${table}" where ${whose} = 'org_a'`,
        rowMode: 'array',
      });
      expect({ table, rows: seen.rows }).toEqual({ table, rows: a.rows });
      expect({ table, rows: (await nobodys.query(select)).rows }).toEqual({ table, rows: [] });
    }
    expect(readable).toBeGreaterThan(10);
    for (const table of [
      'twoFactor',
      'passkey',
      'verification',
      'sign_in_failures',
      'sign_in_attempts',
      'saml_assertions',
    ]) {
      expect({ table, columns: await readableColumns(ours, table) }).toEqual({ table, columns: [] });
    }
    await Promise.all([ours, nobodys, owner].map((client) => client.end()));
  });

  test('sena_organization reads no secret: no hash of a key or a directory token, no session token, no password', async () => {
    const client = await asOrganization('org_a');
    for (const [table, column] of [
      ['apikey', 'key'],
      ['scim_tokens', 'token_sha256'],
      ['session', 'token'],
      ['account', 'password'],
      ['account', '"accessToken"'],
    ] as const) {
      expect({ table, column, code: await codeOf(client.query(`select ${column} from "${table}"`)) }).toEqual({
        ...{ table, column },
        code: '42501',
      });
    }
    await client.end();
  });

  test('a row of another organization can not be written, changed into, moved or removed, in any table', async () => {
    const owner = await connect(database.urls.owner);
    await owner.query(`select set_config('sena.organization_id', 'org_a', false)`);
    const ours = await asOrganization('org_a');
    for (const [table, { whose, move }] of Object.entries(ownedIdentity)) {
      const columns = (
        await admin.query<{ name: string }>(
          `select quote_ident(attname) as name from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
          [`identity."${table}"`],
        )
      ).rows.map(({ name }) => name);
      const { rows } = await admin.query({
        text: `select ${columns.map((name) => `${name}::text`).join(', ')} from identity."${table}" where ${whose} = 'org_b'`,
        rowMode: 'array',
      });
      const types = await admin.query<{ type: string }>(
        `select format_type(atttypid, atttypmod) as type from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' order by attnum`,
        [`identity."${table}"`],
      );
      const values = columns.map((_, i) => `$${i + 1}::${types.rows[i]?.type}`);
      const insert = `insert into identity."${table}" (${columns.join(', ')}) values (${values.join(', ')})`;
      const update = `update identity."${table}" set ${move}`;
      for (const [who, client] of [
        ['owner', owner],
        ['sena_organization', ours],
      ] as const) {
        expect({ table, who, insert: await codeOf(client.query(insert, rows[0])) }).toEqual({
          table,
          who,
          insert: '42501',
        });
        expect({ table, who, move: await codeOf(client.query(update)) }).toEqual({ table, who, move: '42501' });
        const removed = client.query(`delete from identity."${table}" where ${columns[0]} = $1`, [rows[0]?.[0]]);
        const removal = await removed.then(
          ({ rowCount }) => rowCount,
          (error: pg.DatabaseError) => error.code,
        );
        // By the organization's own column it would be our own rows; by an id it is theirs, and none is found.
        if (whose !== columns[0]) expect([0, '42501'], `${table} as ${who}`).toContain(removal);
      }
    }
    await Promise.all([owner.end(), ours.end()]);
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
