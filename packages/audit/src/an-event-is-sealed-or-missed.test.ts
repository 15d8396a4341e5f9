// Between an event and its seal: nobody takes it off the sealer's list, and who owns the server and does so all the same is found out.
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { seedFleet } from '@sena/testing/seed-fleet';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { appendAuditEvent } from './append-audit-event.ts';
import { sealOrganization } from './seal-organization.ts';
import { type ExportVerdict, verifyExport } from './verify-export.ts';
import { writeExport } from './write-export.ts';

let database: TestDatabase;
let app: Pool;
let admin: pg.Client;
let organizationId: string;

beforeAll(async () => {
  database = await createTestDatabase();
  app = openPool(database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('set search_path = sena');
});
afterAll(async () => {
  await admin.end();
  await app.end();
  await database.drop();
});
beforeEach(async () => {
  ({ organizationId } = await seedFleet(database.adminUrl));
});

const append = (subject: string) =>
  inOrganization(app, organizationId, (transaction) =>
    appendAuditEvent(transaction, { action: 'test.done', actor: 'service:test', subject }),
  );
const waiting = async () =>
  (await admin.query('select event_id from audit_unsealed where organization_id = $1', [organizationId])).rows.map(
    ({ event_id }) => event_id,
  );
async function verify(): Promise<ExportVerdict> {
  const verifier = verifyExport({ witnessed: [], keyFingerprints: [] });
  for await (const piece of writeExport(app, organizationId, 0))
    for (const line of piece.split('\n')) verifier.take(line);
  return verifier.finish();
}

test('the services can not take an event off the list; sealing it does', async () => {
  const id = await append('one');
  await expect(
    inOrganization(app, organizationId, (transaction) => transaction.query('delete from audit_unsealed')),
  ).rejects.toThrow(/permission denied/);
  expect(await waiting()).toEqual([id]);
  expect(await sealOrganization(app, organizationId)).toBe(1);
  expect(await waiting()).toEqual([]);
});

test.each([
  ['long before the last that was sealed is told', '11 minutes', 'broken'],
  ['as old as a transaction may be long is not', '9 minutes', 'intact'],
])('an event that was passed over, of %s', async (_what, age, kind) => {
  await append('first');
  await sealOrganization(app, organizationId);
  const hidden = await append('hidden');
  await admin.query('set session_replication_role = replica');
  await admin.query('delete from audit_unsealed where event_id = $1', [hidden]);
  await admin.query('update audit_events set at = at - $2::interval where id = $1', [hidden, age]);
  await admin.query('reset session_replication_role');
  await append('last');
  expect(await sealOrganization(app, organizationId)).toBe(1);
  const verdict = await verify();
  expect(verdict).toMatchObject(
    kind === 'intact'
      ? { kind, records: 2, unsealed: 1 }
      : { kind, eventId: hidden, reason: expect.stringContaining('never sealed') },
  );
});
