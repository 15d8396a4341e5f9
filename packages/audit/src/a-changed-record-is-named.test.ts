import { setTimeout as sleep } from 'node:timers/promises';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { seedFleet } from '@sena/testing/seed-fleet';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { appendAuditEvent } from './append-audit-event.ts';
import { countUnsealedEvents, listSealedRecords } from './list-sealed-records.ts';
import { listOrganizationsToSeal, sealOrganization } from './seal-organization.ts';
import { verifyChain } from './verify-chain.ts';

let database: TestDatabase;
let pool: Pool;
let admin: pg.Client;
let organizationId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 8, applicationName: 'test', onError: () => undefined });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('set search_path = sena');
  // What somebody does who owns the whole server: the triggers do not stop them, the chain tells of them.
  await admin.query('set session_replication_role = replica');
});
afterAll(async () => {
  await admin.end();
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  ({ organizationId } = await seedFleet(database.adminUrl));
});

const append = (subject: string, data: Record<string, unknown> = {}) =>
  inOrganization(pool, organizationId, (transaction) =>
    appendAuditEvent(transaction, { action: 'test.done', actor: 'service:test', subject, data }),
  );
const readChain = () =>
  inOrganization(pool, organizationId, (transaction) => listSealedRecords(transaction, 0, 10_000));
const verify = async () => verifyChain(organizationId, await readChain());
const unsealed = () => inOrganization(pool, organizationId, countUnsealedEvents);

async function appendAndSeal(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let n = 1; n <= count; n += 1)
    ids.push(await append(`subject ${n}`, { n, text: 'ä\u0001', nested: { b: 1, a: [0.1, null] } }));
  expect(await sealOrganization(pool, organizationId)).toBe(count);
  return ids;
}

test('what was appended is sealed in order, from 1, and holds', async () => {
  const ids = await appendAndSeal(5);
  expect(await sealOrganization(pool, organizationId)).toBe(0);
  expect((await readChain()).map((record) => [record.seq, record.event.id])).toEqual(ids.map((id, i) => [i + 1, id]));
  expect(await verify()).toMatchObject({ kind: 'intact', records: 5 });
  await appendAndSeal(2);
  expect(await verify()).toMatchObject({ kind: 'intact', records: 7 });
  expect(await unsealed()).toBe(0);
});

test('an event commits with its cause, or not at all', async () => {
  const failing = inOrganization(pool, organizationId, async (transaction) => {
    await appendAuditEvent(transaction, { action: 'test.done', actor: 'service:test', subject: 'undone' });
    throw new Error('the cause failed');
  });
  await expect(failing).rejects.toThrow('the cause failed');
  expect(await unsealed()).toBe(0);
  expect(await listOrganizationsToSeal(pool)).not.toContain(organizationId);
});

test('the tail that is not sealed is counted, also when somebody took it off the sealer’s list', async () => {
  await appendAndSeal(1);
  await append('later');
  expect(await unsealed()).toBe(1);
  await admin.query('delete from audit_unsealed where organization_id = $1', [organizationId]);
  expect(await unsealed()).toBe(1);
});

describe('the first record that does not hold is named', () => {
  const tamper: Array<[what: string, sql: string]> = [
    ['its data edited', `update audit_events set data = '{"n": 99}' where id = $1`],
    ['its actor edited', `update audit_events set actor = 'member:other' where id = $1`],
    ['its time moved by a microsecond', `update audit_events set at = at + interval '1 microsecond' where id = $1`],
    ['its run set', `update audit_events set run_id = 'run_x' where id = $1`],
    ['its seal replaced', `update audit_seals set hash = repeat('a', 64) where event_id = $1`],
    ['its link replaced', `update audit_seals set previous_hash = repeat('a', 64) where event_id = $1`],
    [
      'moved to another organization',
      `update audit_events set organization_id = (select min(o.organization_id) from organizations o where o.organization_id <> audit_events.organization_id) where id = $1`,
    ],
  ];
  test.each(tamper)('%s', async (_what, sql) => {
    const ids = await appendAndSeal(4);
    await admin.query(sql, [ids[1]]);
    const verdict = await verify();
    // Moved away it is a hole for its organization.
    const seq = sql.includes('organization_id')
      ? { kind: 'broken', seq: 2 }
      : { kind: 'broken', seq: 2, eventId: ids[1] };
    expect(verdict).toMatchObject(seq);
  });

  test('deleted', async () => {
    const ids = await appendAndSeal(4);
    await admin.query('delete from audit_seals where event_id = $1', [ids[1]]);
    await admin.query('delete from audit_events where id = $1', [ids[1]]);
    expect(await verify()).toMatchObject({ kind: 'broken', seq: 2, reason: expect.stringContaining('missing') });
  });

  test('deleted and the others numbered anew', async () => {
    const ids = await appendAndSeal(4);
    await admin.query('delete from audit_seals where event_id = $1', [ids[1]]);
    await admin.query('update audit_seals set seq = -seq where organization_id = $1 and seq > 2', [organizationId]);
    await admin.query('update audit_seals set seq = -seq - 1 where organization_id = $1 and seq < 0', [organizationId]);
    expect(await verify()).toMatchObject({ kind: 'broken', seq: 2, eventId: ids[2] });
  });

  test('two exchanged', async () => {
    const ids = await appendAndSeal(4);
    await admin.query(`update audit_seals set event_id = 'between' where event_id = $1`, [ids[1]]);
    await admin.query(`update audit_seals set event_id = $1 where event_id = $2`, [ids[1], ids[2]]);
    await admin.query(`update audit_seals set event_id = $1 where event_id = 'between'`, [ids[2]]);
    expect(await verify()).toMatchObject({ kind: 'broken', seq: 2, eventId: ids[2] });
  });

  test('the end cut off shows against a head that was noted before', async () => {
    await appendAndSeal(3);
    const before = await verify();
    await admin.query('delete from audit_seals where organization_id = $1 and seq = 3', [organizationId]);
    const after = await verify();
    expect(after).toMatchObject({ kind: 'intact', records: 2 });
    expect(after).not.toEqual(before);
    // And the event it sealed is an unsealed one again.
    expect(await unsealed()).toBe(1);
  });
});

test('sealers that run at once never fork the chain, and everything is sealed within a second under writes', async () => {
  const stopping = new AbortController();
  const other = (await seedFleet(database.adminUrl)).organizationId;
  const sealer = async () => {
    while (!stopping.signal.aborted) {
      for (const id of await listOrganizationsToSeal(pool)) await sealOrganization(pool, id, 7);
      await sleep(5);
    }
  };
  const sealers = [sealer(), sealer(), sealer()];
  let written = 0;
  const writer = async (id: string) => {
    for (let n = 0; n < 60; n += 1) {
      await inOrganization(pool, id, (transaction) =>
        appendAuditEvent(transaction, { action: 'test.done', actor: 'service:test', subject: `${n}` }),
      );
      written += 1;
    }
  };
  await Promise.all([writer(organizationId), writer(organizationId), writer(other)]);
  await eventually('everything is sealed', async () => (await unsealed()) === 0, { timeoutMs: 1_000 });
  stopping.abort();
  await Promise.all(sealers);
  expect(written).toBe(180);
  expect(await verify()).toMatchObject({ kind: 'intact', records: 120 });
});

test('a writer does not wait for a sealer, and a sealer that finds another at work leaves', async () => {
  await append('before');
  await inOrganization(pool, organizationId, async (transaction) => {
    await transaction.query(`select pg_advisory_xact_lock(hashtextextended('sena.seal:' || $1, 0))`, [organizationId]);
    await append('meanwhile');
    expect(await sealOrganization(pool, organizationId)).toBe(0);
  });
  expect(await sealOrganization(pool, organizationId)).toBe(2);
});
