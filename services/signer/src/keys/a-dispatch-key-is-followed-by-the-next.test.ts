import { randomBytes } from 'node:crypto';
import { appendAuditEvents } from '@sena/audit/append-audit-event';
import { readLastCheckpoint } from '@sena/audit/read-checkpoints';
import { sealOrganization } from '@sena/audit/seal-organization';
import { newId } from '@sena/contracts/ids';
import { openPool, type Pool } from '@sena/db/tenant';
import { isCheckpointKeyCertified } from '@sena/envelope/certify-checkpoint-key';
import { importPublicKey } from '@sena/envelope/dispatch-key';
import { followKeyStatements, type KeyTrust } from '@sena/envelope/follow-key-statements';
import { verifyEnvelope } from '@sena/envelope/verify-envelope';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { loadCedar } from '@sena/policy/rules/load-cedar';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { makeCheckpoint } from '../checkpoints/make-checkpoint.ts';
import { signDispatches } from '../signing/sign-dispatch.ts';
import { changeDispatchKeys } from './change-dispatch-keys.ts';
import { ensureDispatchKeys } from './ensure-dispatch-keys.ts';
import { sealKeysAgain } from './seal-keys-again.ts';

const masterKey = randomBytes(32);
let bench: Bench;
let pool: Pool;
let fleet: SeededFleet;
let judges: Parameters<typeof signDispatches>[2];

beforeAll(async () => {
  bench = await openBench();
  pool = openPool(bench.database.urls.signer, { max: 4, applicationName: 'test', onError: () => undefined });
  const passkeyPage = { rpId: 'localhost', origin: 'http://localhost:4700' };
  judges = { parser: await loadBashParser(), cedar: await loadCedar(), passkeyPage };
});
afterAll(async () => {
  await pool.end();
  await bench.close();
});
beforeEach(async () => {
  fleet = await bench.seedFleet();
  await ensureDispatchKeys(pool, masterKey);
});

interface Key {
  readonly id: string;
  readonly publicKey: string;
  readonly fingerprint: string;
  readonly isRetired: boolean;
}
const keys = async (): Promise<Key[]> =>
  (
    await bench.admin.query(
      `select id, public_key as "publicKey", fingerprint, retired_at is not null as "isRetired" from dispatch_keys
       where organization_id = $1 order by sequence`,
      [fleet.organizationId],
    )
  ).rows;
const statements = async (): Promise<string[]> =>
  (
    await bench.admin.query('select jws from dispatch_key_statements where organization_id = $1 order by sequence', [
      fleet.organizationId,
    ])
  ).rows.map(({ jws }) => jws);
const audited = async (action: string) =>
  (
    await bench.admin.query(
      'select actor, subject, data from audit_events where organization_id = $1 and action = $2',
      [...[fleet.organizationId, action]],
    )
  ).rows;

/** As the gateway does it. */
async function ask(kind: 'rotation' | 'retirement', keyId: string | null = null) {
  const id = newId('dkrq');
  await bench.inFleet(fleet, (transaction) =>
    transaction.query(
      'insert into dispatch_key_requests (id, organization_id, kind, key_id, requested_by) values ($1, $2, $3, $4, $5)',
      [id, fleet.organizationId, kind, keyId, 'member:user_1'],
    ),
  );
  return changeDispatchKeys(pool, masterKey, fleet.organizationId, id);
}
const trustIn = (key: Key): KeyTrust => ({
  ...{ sequence: 1, newestKeyId: key.id },
  keys: [{ keyId: key.id, publicKey: key.publicKey, fingerprint: key.fingerprint, retiredAt: null }],
});
const follow = async (first: Key) =>
  followKeyStatements(trustIn(first), await statements(), {
    ...{ organizationId: fleet.organizationId, now: new Date(), clockSkewMsMax: 30_000 },
  });
const trusts = (keyId: string | null) =>
  bench.admin.query('update satellites set dispatch_key_id = $2 where organization_id = $1', [
    ...[fleet.organizationId, keyId],
  ]);
async function sign() {
  const runId = await bench.createRun(fleet);
  const dispatchId = await bench.writeDispatch(fleet, runId);
  await signDispatches(pool, masterKey, judges, fleet.organizationId, [dispatchId]);
  return dispatchId;
}
const envelopeOf = async (dispatchId: string): Promise<{ key_id: string; jws: string }> =>
  (await bench.admin.query('select key_id, jws from dispatch_envelopes where dispatch_id = $1', [dispatchId])).rows[0];
const verify = (jws: string, key: Key) =>
  verifyEnvelope(jws, {
    keys: new Map([[key.id, importPublicKey(key.publicKey)]]),
    organizationId: fleet.organizationId,
    satelliteId: fleet.satellites[0]?.id as string,
    now: new Date(),
    clockSkewMsMax: 30_000,
  });

test('each names the next, and whoever has pinned the first finds the last by it alone', async () => {
  const [first] = (await keys()) as [Key];
  for (let n = 0; n < 3; n += 1) expect((await ask('rotation')).kind).toBe('rotated');
  const { trust, refusal } = await follow(first);
  const all = await keys();
  expect({ refusal, sequence: trust.sequence }).toEqual({ refusal: null, sequence: 4 });
  expect(trust.newestKeyId).toBe(all.at(-1)?.id);
  expect(trust.keys.map(({ keyId, publicKey }) => [keyId, publicKey])).toEqual(
    all.map(({ id, publicKey }) => [id, publicKey]),
  );
  const [told] = await audited('dispatch_key.rotated');
  expect(told).toMatchObject({
    ...{ actor: 'service:signer', subject: all[1]?.id },
    data: { fingerprint: all[1]?.fingerprint, previousKeyId: first.id, sequence: 2, requestedBy: 'member:user_1' },
  });
});

test('a satellite is signed for with what it believes, until it has said that it believes the new one', async () => {
  const [old] = (await keys()) as [Key];
  await trusts(old.id);
  await ask('rotation');
  const next = (await keys())[1] as Key;
  const before = await envelopeOf(await sign());
  expect(before.key_id).toBe(old.id);
  expect((await verify(before.jws, old)).kind).toBe('verified');
  await trusts(next.id);
  const after = await envelopeOf(await sign());
  expect(after.key_id).toBe(next.id);
  expect((await verify(after.jws, next)).kind).toBe('verified');
});

test('when the old key is retired, what waits under it is signed anew word by word, and nothing ever again with it', async () => {
  const [old] = (await keys()) as [Key];
  await trusts(old.id);
  const waiting = await sign();
  const before = await envelopeOf(waiting);
  await ask('rotation');
  const retired = await ask('retirement', old.id);
  expect(retired).toEqual({ kind: 'retired', keyId: old.id, signedAgain: 1 });
  const next = (await keys())[1] as Key;
  const after = await envelopeOf(waiting);
  expect(after.key_id).toBe(next.id);
  expect(after.jws.split('.')[1]).toBe(before.jws.split('.')[1]);
  expect((await verify(after.jws, next)).kind).toBe('verified');
  expect((await envelopeOf(await sign())).key_id).toBe(next.id);
  const left = await bench.admin.query('select 1 from dispatch_private_keys where dispatch_key_id = $1', [old.id]);
  expect(left.rowCount).toBe(0);
  const { trust, refusal } = await follow(old);
  expect(refusal).toBeNull();
  expect(trust.keys.map(({ retiredAt }) => retiredAt !== null)).toEqual([true, false]);
  expect(await audited('dispatch_key.retired')).toMatchObject([{ subject: old.id, data: { signedAgain: 1 } }]);
});

test('an envelope that somebody has put there is not signed in the old key’s place, and then nothing is retired', async () => {
  const [old] = (await keys()) as [Key];
  await trusts(old.id);
  const waiting = await sign();
  await ask('rotation');
  const { jws } = await envelopeOf(waiting);
  const [header, payload, signature] = jws.split('.') as [string, string, string];
  const words = JSON.parse(Buffer.from(payload, 'base64url').toString());
  const forged = Buffer.from(JSON.stringify({ ...words, command: 'rm -rf /' })).toString('base64url');
  await bench.admin.query('update dispatch_envelopes set jws = $2 where dispatch_id = $1', [
    ...[waiting, `${header}.${forged}.${signature}`],
  ]);
  await expect(ask('retirement', old.id)).rejects.toThrow(/signature/);
  expect((await keys()).map(({ isRetired }) => isRetired)).toEqual([false, false]);
  expect(await statements()).toHaveLength(1);
});

test('the newest is not retired, nor one that there is not, and it is said why', async () => {
  const [only] = (await keys()) as [Key];
  expect(await ask('retirement', only.id)).toEqual({
    kind: 'refused',
    reason: 'It is the newest dispatch key. Rotate first, then retire it.',
  });
  expect((await ask('retirement', 'dkey_none')).kind).toBe('refused');
  const asked = await bench.admin.query(
    'select count(*)::int as n from dispatch_key_requests where organization_id = $1 and done_at is not null and refusal is not null',
    [fleet.organizationId],
  );
  expect(asked.rows).toEqual([{ n: 2 }]);
});

test('two signers at once do a request once', async () => {
  const id = newId('dkrq');
  await bench.admin.query(
    `insert into dispatch_key_requests (id, organization_id, kind, requested_by) values ($1, $2, 'rotation', 'member:m')`,
    [id, fleet.organizationId],
  );
  const both = await Promise.all([0, 1].map(() => changeDispatchKeys(pool, masterKey, fleet.organizationId, id)));
  expect(both.map(({ kind }) => kind).toSorted()).toEqual(['gone', 'rotated']);
  expect(await keys()).toHaveLength(2);
});

test('the key of checkpoints stays, and is named by the new dispatch key', async () => {
  const record = async () => {
    await bench.inFleet(fleet, (transaction) =>
      appendAuditEvents(transaction, [{ action: 'a.b', actor: 'service:test', subject: 's' }]),
    );
    await sealOrganization(bench.app, fleet.organizationId);
    await makeCheckpoint(pool, masterKey, new Map(), fleet.organizationId);
    return bench.inFleet(fleet, readLastCheckpoint);
  };
  const before = await record();
  await ask('rotation');
  const after = await record();
  const [old, next] = (await keys()) as [Key, Key];
  expect(after?.key.keyId).toBe(before?.key.keyId);
  const isCertified = (told: typeof after, by: Key) =>
    told !== null &&
    isCheckpointKeyCertified(told.key, fleet.organizationId, new Map([[by.id, importPublicKey(by.publicKey)]]));
  expect(await isCertified(before, old)).toBe(true);
  expect(await isCertified(after, next)).toBe(true);
  expect(await isCertified(after, old)).toBe(false);
  expect(after?.certifiedBy).toBe(next.id);
});

test('under a new master key everything is sealed again, once, and signs as before', async () => {
  const [old] = (await keys()) as [Key];
  await ask('rotation');
  const next = randomBytes(32);
  expect(await sealKeysAgain(pool, next, masterKey)).toBeGreaterThanOrEqual(2);
  expect(await sealKeysAgain(pool, next, masterKey)).toBe(0);
  expect(await audited('master_key.changed')).toMatchObject([{ data: { keys: 2 } }]);
  await expect(ask('rotation')).rejects.toThrow(/MASTER_KEY is not the one/);
  await bench.admin.query('update dispatch_key_requests set done_at = now() where organization_id = $1', [
    fleet.organizationId,
  ]);
  // The others of this file have the former one.
  expect(await sealKeysAgain(pool, masterKey, next)).toBeGreaterThanOrEqual(2);
  await trusts(old.id);
  expect((await envelopeOf(await sign())).key_id).toBe(old.id);
  await expect(sealKeysAgain(pool, randomBytes(32), randomBytes(32))).rejects.toThrow(/can't be opened/);
});
