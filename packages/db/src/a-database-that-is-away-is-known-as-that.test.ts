import { eventually } from '@sena/testing/eventually';
import { type HalfOpenLine, openHalfOpenLine } from '@sena/testing/half-open-line';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isDatabaseAway } from './is-database-away.ts';
import { inOrganization, openPool, type Pool } from './tenant.ts';
import { openPrisma } from './tenant-prisma.ts';

let database: TestDatabase;
let admin: pg.Client;
let line: HalfOpenLine;
let pool: Pool;
let prisma: ReturnType<typeof openPrisma>;
beforeAll(async () => {
  database = await createTestDatabase();
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  line = await openHalfOpenLine(database.urls.app);
  pool = openPool(line.over(database.urls.app), { max: 4, applicationName: 'away', onError: () => undefined });
  prisma = openPrisma(pool);
});
afterAll(async () => {
  await prisma.close();
  await pool.end();
  line.stop();
  await admin.end();
  await database.drop();
});

const ways: ReadonlyArray<[name: string, ask: (seconds: number) => Promise<unknown>]> = [
  ['pg', (seconds) => inOrganization(pool, 'org_1', (tx) => tx.query('select pg_sleep($1)::text', [seconds]))],
  ['Prisma', (seconds) => prisma.forOrganization('org_1').$queryRaw`select pg_sleep(${seconds})::text`],
];

async function untilAsleep(): Promise<void> {
  await eventually('a query that sleeps', async () => {
    const found = await admin.query(
      `select from pg_stat_activity where application_name = 'away' and wait_event = 'PgSleep'`,
    );
    return found.rowCount === 1;
  });
}

async function endBackends(): Promise<void> {
  await admin.query(`select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = 'away'`);
}

/** What `ask` fails with. */
async function failureOf(ask: Promise<unknown>): Promise<unknown> {
  return ask.then(
    () => expect.fail('it did not fail'),
    (error: unknown) => error,
  );
}

describe.each(ways)('as %s tells it', (_name, ask) => {
  it('a connection that ends, and one that is refused', async () => {
    const underWay = failureOf(ask(30));
    await untilAsleep();
    await line.cut();
    try {
      expect(isDatabaseAway(await underWay)).toBe(true);
      expect(isDatabaseAway(await failureOf(ask(0)))).toBe(true);
    } finally {
      // The one that sleeps has not noticed.
      await endBackends();
      await line.mend();
    }
    await ask(0);
  });

  it('a server that ends', async () => {
    const underWay = failureOf(ask(30));
    await untilAsleep();
    await endBackends();
    expect(isDatabaseAway(await underWay)).toBe(true);
  });
});

describe('a Unix socket that is not there', () => {
  it('is a server that is away', async () => {
    const client = new pg.Client({ connectionString: 'postgresql://a:b@/sena?host=/nowhere' });
    expect(isDatabaseAway(await failureOf(client.connect()))).toBe(true);
  });
});

describe('a database that is there', () => {
  it('and refuses what it is asked, is not away', async () => {
    const wrong = inOrganization(pool, 'org_1', (transaction) => transaction.query('select nothing'));
    expect(isDatabaseAway(await failureOf(wrong))).toBe(false);
    const twice = prisma.forOrganization('org_1').site.findUniqueOrThrow({ where: { id: 'site_1' } });
    expect(isDatabaseAway(await failureOf(twice))).toBe(false);
    expect(isDatabaseAway(Object.assign(new Error('no such file'), { code: 'ENOENT', syscall: 'open' }))).toBe(false);
    expect(isDatabaseAway(new Error('a defect'))).toBe(false);
  });
});
