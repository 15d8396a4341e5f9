import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inOrganization, isUniqueViolation, openPool, type Pool } from './tenant.ts';
import { openPrisma } from './tenant-prisma.ts';

const sitesEach = 5;
const organizations = ['org_a', 'org_b'];

let database: TestDatabase;
let pool: Pool;
let admin: pg.Client;
const poolErrors: Error[] = [];

beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  admin.on('error', () => undefined); // cut by disconnectAll
  await admin.connect();
  for (const organizationId of organizations) {
    await admin.query('insert into sena.organizations (organization_id, name) values ($1, $1)', [organizationId]);
    await admin.query(
      `insert into sena.sites (id, organization_id, name) select $1 || '_site_' || n, $1, 'site ' || n from generate_series(1, $2) n`,
      [organizationId, sitesEach],
    );
  }
  pool = openPool(database.urls.app, { max: 4, applicationName: 'test', onError: (error) => poolErrors.push(error) });
});
afterAll(async () => {
  await pool.end();
  await admin.end().catch(() => undefined);
  await database.drop();
});

const siteIdsOf = (organizationId: string) =>
  Array.from({ length: sitesEach }, (_, n) => `${organizationId}_site_${n + 1}`);

test('200 reads at once of two organizations through few connections: each sees its own rows, all of them', async () => {
  const reads = Array.from({ length: 200 }, async (_, n) => {
    const organizationId = organizations[n % 2] as string;
    const read = inOrganization(pool, organizationId, async (transaction) => {
      const found = await transaction.query<{ id: string }>('select id from sites order by id');
      // Some fail half-way: what they had set must not stay with the connection.
      if (n % 7 === 0) throw new Error('half-way');
      return found.rows.map((row) => row.id);
    });
    if (n % 7 === 0) await expect(read).rejects.toThrow('half-way');
    else expect(await read).toEqual(siteIdsOf(organizationId));
  });
  await Promise.all(reads);
  const bare = await pool.query('select id from sites');
  expect(bare.rows).toEqual([]);
});

test('the same through Prisma, mixed with reads through pg on the same connections', async () => {
  const prisma = openPrisma(pool);
  const reads = Array.from({ length: 200 }, async (_, n) => {
    const organizationId = organizations[n % 2] as string;
    const ids =
      n % 5 === 0
        ? await inOrganization(pool, organizationId, (transaction) =>
            transaction.query<{ id: string }>('select id from sites order by id'),
          ).then((found) => found.rows)
        : await prisma.forOrganization(organizationId).site.findMany({ select: { id: true }, orderBy: { id: 'asc' } });
    expect(ids.map((row) => row.id)).toEqual(siteIdsOf(organizationId));
  });
  await Promise.all(reads);
  await prisma.close();
});

test('Prisma writes no row of another organization', async () => {
  const prisma = openPrisma(pool);
  const site = { id: 'site_stray', organizationId: 'org_b', name: 'stray' };
  await expect(prisma.forOrganization('org_a').site.create({ data: site })).rejects.toThrow(/row-level security/);
  await prisma
    .forOrganization('org_a')
    .site.updateMany({ where: { organizationId: 'org_b' }, data: { name: 'taken' } });
  await prisma.close();
  const found = await admin.query(`select 1 from sena.sites where id = 'site_stray' or name = 'taken'`);
  expect(found.rowCount).toBe(0);
});

test('nothing runs without an organization', async () => {
  await expect(inOrganization(pool, '', () => Promise.resolve())).rejects.toThrow('without an organization');
  const prisma = openPrisma(pool);
  expect(() => prisma.forOrganization('')).toThrow('without an organization');
  await prisma.close();
});

test('what throws leaves nothing behind, and the caller hears of it', async () => {
  const insert = (id: string, name: string) =>
    inOrganization(pool, 'org_a', async (transaction) => {
      await transaction.query('insert into sites (id, organization_id, name) values ($1, $2, $3)', [
        `${id}_first`,
        'org_a',
        `${id} first`,
      ]);
      await transaction.query('insert into sites (id, organization_id, name) values ($1, $2, $3)', [id, 'org_a', name]);
    });
  const error: unknown = await insert('site_new', 'site 1').catch((reason: unknown) => reason);
  expect(isUniqueViolation(error)).toBe(true);
  expect(isUniqueViolation(error, 'sites_organization_id_name_key')).toBe(true);
  expect(isUniqueViolation(error, 'sites_pkey')).toBe(false);
  const found = await admin.query(`select 1 from sena.sites where id like 'site_new%'`);
  expect(found.rowCount).toBe(0);
});

test('a server that cuts its connections fails what is under way and nothing else: the process lives, the next query works', async () => {
  const inside = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const sleeping = inOrganization(pool, 'org_a', (transaction) => {
    inside.resolve();
    return transaction.query('select pg_sleep(30)');
  });
  // One that holds its connection without asking anything, one that is idle in the pool.
  const waiting = inOrganization(pool, 'org_b', async (transaction) => {
    await asked.promise;
    return transaction.query('select 1');
  });
  const failures = Promise.allSettled([sleeping, waiting]);
  await inside.promise;
  await pool.query('select 1');
  await database.disconnectAll();
  await new Promise((resolve) => setTimeout(resolve, 100));
  asked.resolve();
  expect((await failures).map((result) => result.status)).toEqual(['rejected', 'rejected']);
  const again = await inOrganization(pool, 'org_a', (transaction) =>
    transaction.query<{ id: string }>('select id from sites order by id'),
  );
  expect(again.rows.map((row) => row.id)).toEqual(siteIdsOf('org_a'));
});
