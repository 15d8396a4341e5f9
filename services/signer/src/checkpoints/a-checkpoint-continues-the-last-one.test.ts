import { randomBytes } from 'node:crypto';
import { appendAuditEvents } from '@sena/audit/append-audit-event';
import { listCheckpoints, readLastCheckpoint } from '@sena/audit/read-checkpoints';
import { readConsistencyProof } from '@sena/audit/read-consistency-proof';
import { sealOrganization } from '@sena/audit/seal-organization';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { isCheckpointKeyCertified } from '@sena/envelope/certify-checkpoint-key';
import { isConsistent } from '@sena/envelope/consistency-proof';
import { importPublicKey } from '@sena/envelope/dispatch-key';
import { isCheckpointSigned } from '@sena/envelope/sign-checkpoint';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureDispatchKeys } from '../keys/ensure-dispatch-keys.ts';
import { type LastSigned, makeCheckpoint } from './make-checkpoint.ts';
import { startCheckpointing } from './start-checkpointing.ts';

const masterKey = randomBytes(32);
let bench: Bench;
let pool: Pool;
let fleet: SeededFleet;
let lastSigned: LastSigned;

beforeAll(async () => {
  bench = await openBench();
  pool = openPool(bench.database.urls.signer, { max: 4, applicationName: 'test', onError: () => undefined });
});
afterAll(async () => {
  await pool.end();
  await bench.close();
});
beforeEach(async () => {
  await bench.admin.query('set session_replication_role = default');
  fleet = await bench.seedFleet();
  lastSigned = new Map();
  await ensureDispatchKeys(pool, masterKey);
  await sealOrganization(bench.app, fleet.organizationId);
});

const make = (memory = lastSigned) => makeCheckpoint(pool, masterKey, memory, fleet.organizationId);
async function record(count: number): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({
    action: 'a.b',
    actor: 'service:test' as const,
    subject: `${n}`,
  }));
  await bench.inFleet(fleet, (transaction) => appendAuditEvents(transaction, events));
  await sealOrganization(bench.app, fleet.organizationId);
}
const checkpoints = () => bench.inFleet(fleet, (transaction) => listCheckpoints(transaction, 0, 1_000_000));
/** With the relay's role, which is who needs it. */
const proof = (from: number, to: number) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) => readConsistencyProof(transaction, from, to));
/** Triggers off. */
const asSuperuser = async (sql: string, ...values: unknown[]) => {
  await bench.admin.query('set session_replication_role = replica');
  const changed = await bench.admin.query(sql, [fleet.organizationId, ...values]);
  expect(changed.rowCount).toBeGreaterThan(0);
};

test('each is signed by the organization’s key for it, which the dispatch key names, and nobody else has', async () => {
  await record(3);
  expect(await make()).toMatchObject({ kind: 'made' });
  const last = await bench.inFleet(fleet, readLastCheckpoint);
  expect(last).not.toBeNull();
  const { checkpoint, key } = last as NonNullable<typeof last>;
  expect(isCheckpointSigned(checkpoint, key.publicKey)).toBe(true);
  const dispatchKeys = await bench.inFleet(fleet, (transaction) =>
    transaction.query<{ id: string; public_key: string }>('select id, public_key from dispatch_keys'),
  );
  const pinned = new Map(dispatchKeys.rows.map((row) => [row.id, importPublicKey(row.public_key)]));
  expect(await isCheckpointKeyCertified(key, fleet.organizationId, pinned)).toBe(true);
  expect(key.publicKey).not.toBe(dispatchKeys.rows[0]?.public_key);
  // Nothing new: nothing is signed.
  const { size } = checkpoint;
  await sealOrganization(bench.app, fleet.organizationId);
  await make();
  expect((await make()).kind).toBe('none');
  expect(size).toBeGreaterThanOrEqual(3);
});

test('whatever was sealed between them, one is shown to continue any other, also over rows of 256', async () => {
  const seen: Array<{ size: number; root: string }> = [];
  for (const count of [1, 5, 250, 1, 300, 700]) {
    await record(count);
    expect((await make()).kind).toBe('made');
    seen.push((await checkpoints()).at(-1)?.checkpoint as { size: number; root: string });
  }
  for (const [at, to] of seen.entries())
    for (const from of [...seen.slice(0, at + 1), { size: 0, root: '' }])
      expect(isConsistent(from, to, await proof(from.size, to.size)), `${from.size} to ${to.size}`).toBe(true);
  const rows = await bench.admin.query('select count(*)::integer as n from audit_tree where organization_id = $1', [
    fleet.organizationId,
  ]);
  expect(rows.rows[0].n).toBe(Math.floor((seen.at(-1)?.size ?? 0) / 256));
}, 60_000);

describe('nothing is signed', () => {
  beforeEach(async () => {
    await record(4);
    await make();
    await record(4);
  });
  const changes: Array<[what: string, sql: string]> = [
    [
      'over a seal that is missing',
      'delete from audit_seals where organization_id = $1 and seq = (select max(seq) - 1 from audit_seals where organization_id = $1)',
    ],
    [
      'over a seal that was altered',
      `update audit_seals set hash = repeat('a', 64) where organization_id = $1 and seq = (select max(seq) from audit_seals where organization_id = $1)`,
    ],
    [
      'over an event’s hash that was altered',
      `update audit_seals set event_sha256 = repeat('a', 64) where organization_id = $1 and seq = (select max(seq) from audit_seals where organization_id = $1)`,
    ],
    [
      'after a checkpoint that this key has not signed',
      `update audit_checkpoints set root = repeat('a', 64) where organization_id = $1`,
    ],
    [
      'after a checkpoint whose subtrees are others',
      `update audit_checkpoints set subtrees[1] = repeat('a', 64) where organization_id = $1`,
    ],
  ];
  test.each(changes)('%s', async (_what, sql) => {
    await asSuperuser(sql);
    expect(await make()).toMatchObject({ kind: 'refused' });
    expect((await checkpoints()).length).toBe(1);
  });

  test('while this process remembers a checkpoint that the database has lost', async () => {
    await asSuperuser('delete from audit_checkpoints where organization_id = $1');
    expect(await make()).toMatchObject({ kind: 'refused', reason: expect.stringContaining('no longer has it') });
    // One that was started since does not remember: that is what witnesses are for.
    expect(await make(new Map())).toMatchObject({ kind: 'made' });
  });
});

test('it is made after enough records or enough time, by two signers at once only once; a refusal is recorded once', async () => {
  const logger = createLogger('signer', 'silent');
  const settings = { pool, masterKey, logger, everyRecords: 20, everyMs: 3_600_000 };
  const signers = [startCheckpointing(settings), startCheckpointing({ ...settings, everyMs: 3_600_000 })];
  const quick = [startCheckpointing({ ...settings, everyMs: 100 }), startCheckpointing({ ...settings, everyMs: 100 })];
  try {
    await record(3);
    const first = await eventually('one is made', async () => (await checkpoints())[0], { timeoutMs: 20_000 });
    expect(first.checkpoint.size).toBeGreaterThanOrEqual(3);
    await eventually(
      'all is vouched for',
      async () => {
        await sealOrganization(bench.app, fleet.organizationId);
        const head = await bench.admin.query(
          'select max(seq)::integer as n from audit_seals where organization_id = $1',
          [fleet.organizationId],
        );
        return (await checkpoints()).at(-1)?.checkpoint.size === head.rows[0].n;
      },
      { timeoutMs: 20_000 },
    );
    await record(2);
    await asSuperuser(`update audit_checkpoints set root = repeat('a', 64) where organization_id = $1`);
    await eventually(
      'it is recorded',
      async () => {
        const rows = await bench.admin.query(
          `select 1 from audit_events where organization_id = $1 and action = 'checkpoint.refused'`,
          [fleet.organizationId],
        );
        return (rows.rowCount ?? 0) >= 1;
      },
      { timeoutMs: 20_000 },
    );
  } finally {
    await Promise.all([...signers, ...quick].map((signer) => signer.stop()));
  }
  const rows = await bench.admin.query(
    `select 1 from audit_events where organization_id = $1 and action = 'checkpoint.refused'`,
    [fleet.organizationId],
  );
  // Each process says it once.
  expect(rows.rowCount).toBeLessThanOrEqual(2);
}, 60_000);
