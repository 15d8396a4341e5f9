import { randomBytes } from 'node:crypto';
import { openPool, type Pool } from '@sena/db/tenant';
import { importPublicKey } from '@sena/envelope/dispatch-key';
import { verifyInquiry } from '@sena/envelope/verify-inquiry';
import { type Bench, exited, openBench } from '@sena/runs/fixtures/open-bench';
import { recordResults } from '@sena/runs/results/record-results';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureDispatchKeys } from './keys/ensure-dispatch-keys.ts';
import { signWaitingInquiry } from './signing/sign-waiting-inquiry.ts';
import { startSigner } from './start-signer.ts';

const masterKey = randomBytes(32);
const startedAt = '2026-01-01T00:00:00.000Z';
let bench: Bench;
let pool: Pool;
let fleet: SeededFleet;
let dispatchId: string;
let executions: string[];
let inquiryId: string;

beforeAll(async () => {
  bench = await openBench();
  pool = openPool(bench.database.urls.signer, { max: 4, applicationName: 'test', onError: () => undefined });
});
afterAll(async () => {
  await pool?.end();
  await bench?.close();
});
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 3, satellites: 2 });
  await ensureDispatchKeys(pool, masterKey);
  dispatchId = await bench.writeDispatch(fleet, await bench.createRun(fleet), { readOnly: false });
  await bench.signAndHold(fleet);
  await bench.markSent(dispatchId);
  executions = await bench.executionsOf(dispatchId);
  inquiryId = `inq_${dispatchId}`;
  await ask(satelliteId(1));
});

const satelliteId = (index: number) => fleet.satellites[index]?.id as string;
const ask = (finder: string) =>
  bench.admin.query(
    `insert into inquiries (id, organization_id, dispatch_id, satellite_id, expires_at) values ($1, $2, $3, $4, now() + interval '10 minutes')
     on conflict (id) do update set satellite_id = excluded.satellite_id`,
    [inquiryId, fleet.organizationId, dispatchId, finder],
  );
const sign = () => signWaitingInquiry(pool, masterKey, fleet.organizationId, inquiryId);
const inquiryRow = async () => (await bench.admin.query('select * from inquiries where id = $1', [inquiryId])).rows[0];
async function verify() {
  const keys = await bench.admin.query<{ id: string; public_key: string }>(
    'select id, public_key from dispatch_keys where organization_id = $1',
    [fleet.organizationId],
  );
  return verifyInquiry((await inquiryRow()).jws, {
    keys: new Map(keys.rows.map((row) => [row.id, importPublicKey(row.public_key)])),
    organizationId: fleet.organizationId,
    satelliteId: satelliteId(1),
    now: new Date(),
    clockSkewMsMax: 30_000,
  });
}

test('it is what its satellite accepts: who, where, and what is known of each that has no outcome', async () => {
  const [ended, running, silent] = executions as [string, string, string];
  await bench.inFleet(fleet, (transaction) =>
    recordResults(transaction, [exited(satelliteId(0), ended)], 'service:test'),
  );
  await bench.admin.query(
    `insert into execution_starts (organization_id, execution_id, attempt, started_at, boot_id) values ($1, $2, 1, $3, 'boot-1')`,
    [fleet.organizationId, running, startedAt],
  );
  await bench.admin.query(
    `insert into output_streams (organization_id, execution_id, attempt, stream, committed_bytes) values ($1, $2, 1, 'stderr', 7)`,
    [fleet.organizationId, running],
  );
  expect(await sign()).toEqual({ kind: 'signed', satelliteId: satelliteId(1) });
  const verified = await verify();
  expect(verified).toMatchObject({
    kind: 'verified',
    envelope: { inquiryId, dispatchId, limits: { timeoutMs: 60_000 } },
  });
  const nodes = verified.kind === 'verified' ? verified.envelope.nodes : [];
  expect(nodes.toSorted((a, b) => a.name.localeCompare(b.name))).toMatchObject([
    { executionId: running, startedAt, bootId: 'boot-1', stdoutBytes: 0, stderrBytes: 7, runAs: expect.any(String) },
    { executionId: silent, startedAt: null, bootId: null, stdoutBytes: 0, stderrBytes: 0 },
  ]);
  const audit = await bench.admin.query(
    `select data from audit_events where subject = $1 and action = 'inquiry.signed'`,
    [inquiryId],
  );
  expect(audit.rows).toMatchObject([{ data: { dispatchId, satelliteId: satelliteId(1), executions: 2 } }]);
  // Once.
  expect(await sign()).toEqual({ kind: 'gone' });
});

test('a signer that runs finds it and rings for its relay', async () => {
  const logger = createLogger('signer', 'silent');
  const environment = {
    ...{ HOST: '127.0.0.1', PORT: 0, LOG_LEVEL: 'info' as const, MASTER_KEY: masterKey.toString('base64') },
    ...{ CHECKPOINT_EVERY_RECORDS: 1_000, CHECKPOINT_EVERY_MS: 60_000 },
    PUBLIC_URL: 'http://localhost:4700',
    DATABASE_URL: bench.database.urls.signer,
    QUEUE_DATABASE_URL: bench.database.urls.queue,
  };
  const signer = await startSigner(environment, logger, 50);
  try {
    await eventually('it is signed', async () => (await inquiryRow()).jws !== null);
    expect(await verify()).toMatchObject({ kind: 'verified' });
  } finally {
    await signer.stop();
  }
});

describe('it is not signed', () => {
  test.each([
    [
      'about what was never sent',
      'update dispatches set sent_at = null, sent_epoch = null where id = $1',
      'never sent',
    ],
    ['about what only reads', 'update dispatches set read_only = true where id = $1', 'only reads'],
    [
      'when an execution is not what it is called',
      `update executions set step = step, node_id = 'node_other' where id = (select min(id::text)::uuid from executions where dispatch_id = $1)`,
      'does not have the id',
    ],
  ])('%s, and says why', async (_what, sql, why) => {
    await bench.admin.query(sql, [dispatchId]);
    expect(await sign()).toMatchObject({ kind: 'refused', detail: expect.stringContaining(why) });
    expect(await inquiryRow()).toMatchObject({ jws: null, refused_at: expect.any(Date) });
    const audit = await bench.admin.query(
      `select 1 from audit_events where subject = $1 and action = 'inquiry.refused'`,
      [inquiryId],
    );
    expect(audit.rowCount).toBe(1);
  });

  test('for the satellite of the dispatch itself, one of another site, or a revoked one', async () => {
    await ask(satelliteId(0));
    expect(await sign()).toMatchObject({ kind: 'refused' });
    await bench.admin.query('update inquiries set refused_at = null, satellite_id = $2 where id = $1', [
      inquiryId,
      satelliteId(1),
    ]);
    await bench.admin.query('insert into sites (id, organization_id, name) values ($1, $2, $1)', [
      `site_${inquiryId}`,
      fleet.organizationId,
    ]);
    await bench.admin.query('update satellites set site_id = $2 where id = $1', [satelliteId(1), `site_${inquiryId}`]);
    expect(await sign()).toMatchObject({ kind: 'refused', detail: expect.stringContaining('same site') });
    await bench.admin.query('update inquiries set refused_at = null where id = $1', [inquiryId]);
    await bench.admin.query('update satellites set revoked_at = now() where id = $1', [satelliteId(1)]);
    expect(await sign()).toMatchObject({ kind: 'refused', detail: expect.stringContaining('revoked') });
  });

  test('when nothing is left to find out', async () => {
    const rows = executions.map((id) => exited(satelliteId(0), id));
    await bench.inFleet(fleet, (transaction) => recordResults(transaction, rows, 'service:test'));
    expect(await sign()).toEqual({ kind: 'gone' });
  });
});
