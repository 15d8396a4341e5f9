// The audit, rewritten by who owns the database: the whole product runs, a satellite has seen what was, and neither the export nor the
// signer's own signature hides what was done since.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventSha256, genesisHash, sealHash } from '@sena/audit/chain-hash';
import { listSealedRecords } from '@sena/audit/list-sealed-records';
import type { AuditCheckpoint, AuditVerification } from '@sena/contracts/http/audit';
import type { Site } from '@sena/contracts/http/fleet';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, '..', '..');
const quiet = '--disable-warning=ExperimentalWarning';

let directory: string;
let cloud: Cloud;
let api: SenaApi;
/** The superuser, past SENA. */
let admin: Pool;
let satellite: JoinedSatellite;
let organizationId: string;
const file = (name: string) => path.join(directory, name);

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-audit-'));
  cloud = await startCloud({
    environment: { signer: { CHECKPOINT_EVERY_MS: '300' }, relay: { WITNESS_EVERY_MS: '500' } },
  });
  admin = openPool(cloud.database.adminUrl, { max: 1, applicationName: 'test', onError: () => undefined });
  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  const { id: siteId } = (await api.post<Site>('/v1/sites', { name: 'hall' })).body;
  const found = await admin.query('select organization_id from sena.sites where id = $1', [siteId]);
  organizationId = found.rows[0]?.organization_id;
  satellite = await joinSatellite({
    ...{ api, siteId, url: cloud.stack.frontUrl, enter: [], directory: file('sat-a') },
    config: { credentials: {} },
  });
}, 90_000);

afterAll(async () => {
  await satellite?.stop();
  await admin?.end();
  await cloud?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

/** What `program` prints, and how it ends. */
async function command(program: string, ...args: string[]): Promise<{ code: number; text: string }> {
  const environment = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    SENA_URL: cloud.stack.frontUrl,
    SENA_API_KEY: cloud.keys.owner,
  };
  const options = { env: environment, cwd: directory, timeout: 60_000 };
  return run(process.execPath, [quiet, path.join(checkout, program), ...args], options).then(
    ({ stdout, stderr }) => ({ code: 0, text: `${stdout}${stderr}` }),
    ({ code, stdout, stderr }) => ({ code, text: `${stdout}${stderr}` }),
  );
}
const sena = (...args: string[]) => command('apps/cli/src/main.ts', ...args);
const satelliteCommand = (...args: string[]) =>
  command('services/satellite/src/main.ts', ...args, '--config', file('sat-a/satellite.json'));
const state = () => api.get<AuditCheckpoint>('/v1/audit-checkpoint');
const record = async (name: string) => expect((await api.post('/v1/sites', { name })).status).toBe(201);

test('a satellite witnesses what happens, its operator takes that along, and an export continues it', async () => {
  await record('hall-2');
  const { sealed } = await eventually(
    'all of it is witnessed',
    async () => {
      const now = await state();
      const isWitnessed = now.unsealed === 0 && now.witnesses[0]?.signed?.size === now.sealed;
      return isWitnessed && now.checkpoint?.size === now.sealed && now;
    },
    { timeoutMs: 40_000, everyMs: 200 },
  );
  expect(sealed).toBeGreaterThan(5);

  const shown = await satelliteCommand('checkpoint', '--json');
  expect(shown.code).toBe(0);
  await writeFile(file('seen.json'), shown.text);
  expect((await satelliteCommand('status')).text).toContain(`${sealed} records witnessed`);

  expect(await sena('audit', 'export', '--out', 'one.ndjson')).toMatchObject({ code: 0 });
  const verified = await sena('audit', 'verify', 'one.ndjson', '--checkpoint', 'seen.json');
  expect(verified.code, verified.text).toBe(0);
  expect(verified.text).toMatch(/^✔ \d+ records hold/);
  expect(verified.text).toContain(`the same ${sealed} records that ${satellite.id} saw`);
  expect(verified.text).toMatch(/unsealed tail: \d+ event/);
  expect(await api.get<AuditVerification>('/v1/audit-verification')).toMatchObject({ kind: 'intact' });
}, 90_000);

test('an export goes on where one has ended, and its parts hold as one', async () => {
  await record('hall-3');
  await eventually('it is sealed', async () => (await state()).unsealed === 0, { timeoutMs: 20_000 });
  const again = await sena('audit', 'export', '--out', 'one.ndjson', '--continue');
  expect(again).toMatchObject({ code: 0, text: expect.stringMatching(/[1-9]\d* of them are new/) });
  expect((await sena('audit', 'verify', 'one.ndjson', '--checkpoint', 'seen.json')).code).toBe(0);
  // What is there is not written over.
  expect((await sena('audit', 'export', '--out', 'one.ndjson')).code).toBe(2);
}, 60_000);

test('who may not read the audit gets no export, and no file', async () => {
  const environment = {
    PATH: process.env.PATH,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
    SENA_URL: cloud.stack.frontUrl,
    SENA_API_KEY: 'sena_wrong',
  };
  const refused = await run(
    process.execPath,
    [path.join(checkout, 'apps/cli/src/main.ts'), 'audit', 'export', '--out', 'no.ndjson'],
    {
      env: environment,
      cwd: directory,
    },
  ).catch((error: { code: number; stderr: string }) => error);
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringMatching(/^✘ /) });
  expect(existsSync(file('no.ndjson'))).toBe(false);
}, 30_000);

/** As the owner of the server would: triggers off, the past changed, every seal computed anew, and what contradicts it removed. */
async function rewritePast(): Promise<number> {
  // The pool has one connection, and this is how it stays.
  await admin.query('set session_replication_role = replica');
  await admin.query('set search_path = sena');
  await admin.query(
    `update audit_events set actor = 'member:somebody-else'
     where id = (select event_id from audit_seals where organization_id = $1 and seq = 3)`,
    [organizationId],
  );
  // The superuser sees every organization's rows.
  const all = await inOrganization(admin, organizationId, (transaction) => listSealedRecords(transaction, 0, 10_000));
  const records = all.filter(({ event }) => event.organizationId === organizationId);
  let previousHash = genesisHash;
  for (const { seq, event } of records) {
    const sha256 = eventSha256(event);
    const hash = sealHash({ organizationId, seq, previousHash, eventSha256: sha256 });
    await admin.query(
      'update audit_seals set event_sha256 = $3, previous_hash = $4, hash = $5 where organization_id = $1 and seq = $2',
      [organizationId, seq, sha256, previousHash, hash],
    );
    previousHash = hash;
  }
  for (const table of ['audit_cosignatures', 'audit_checkpoints', 'audit_tree'])
    await admin.query(`delete from ${table} where organization_id = $1`, [organizationId]);
  return records.length;
}

test('rewritten as a whole, the chain holds for itself; the signer that runs, and what a satellite saw, tell', async () => {
  const records = await rewritePast();
  expect(records).toBeGreaterThan(5);

  // The signer that runs knows what it has signed: it signs nothing, and says so.
  await record('hall-4');
  await eventually(
    'the signer says so',
    async () => {
      const { items } = await api.get<{ items: Array<{ action: string; actor: string }> }>('/v1/audit-events');
      return items.some(({ action, actor }) => action === 'checkpoint.refused' && actor === 'service:signer');
    },
    { timeoutMs: 20_000 },
  );
  expect((await state()).checkpoint).toBeNull();

  await sena('audit', 'export', '--out', 'rewritten.ndjson');
  // Nothing in the export contradicts it: that is what witnesses are for.
  const alone = await sena('audit', 'verify', 'rewritten.ndjson');
  expect(alone.code, alone.text).toBe(0);
  expect(alone.text).toContain('who owns the database could have made all of this anew');
  const held = await sena('audit', 'verify', 'rewritten.ndjson', '--checkpoint', 'seen.json');
  expect(held.code).toBe(1);
  expect(held.text).toMatch(
    /✘ One or more of the records 1 to \d+ do not hold: they are not the \d+ records that satellite/,
  );
}, 60_000);

test('a signer that has forgotten signs it; the satellite does not, keeps the evidence, and everybody is told', async () => {
  cloud.stack.processes.signer.kill('SIGKILL');
  await eventually('it is signed again', async () => (await state()).checkpoint, { timeoutMs: 30_000 });
  const witness = await eventually(
    'the satellite has refused',
    async () => {
      const [first] = (await state()).witnesses;
      return first?.refusal && first;
    },
    { timeoutMs: 40_000, everyMs: 200 },
  );
  expect(witness).toMatchObject({ satelliteId: satellite.id, signed: null });
  expect(['fork', 'rolled_back']).toContain(witness.refusal?.code);
  expect(satellite.log().some(({ msg }) => msg.includes('a checkpoint of the audit is not signed'))).toBe(true);

  const shown = await satelliteCommand('checkpoint');
  expect(shown).toMatchObject({ code: 1, text: expect.stringContaining('REFUSED') });
  expect(existsSync(/The evidence is (\S+)\. Keep/.exec(shown.text)?.[1] ?? '')).toBe(true);
  expect((await satelliteCommand('status')).code).toBe(1);

  // Signed by the same key as ever: only what was seen before tells.
  await sena('audit', 'export', '--out', 'signed-anew.ndjson');
  const alone = await sena('audit', 'verify', 'signed-anew.ndjson');
  expect(alone.code, alone.text).toBe(0);
  const held = await sena('audit', 'verify', 'signed-anew.ndjson', '--checkpoint', 'seen.json');
  expect(held.code, held.text).toBe(1);
  const { items } = await api.get<{ items: Array<{ action: string; actor: string }> }>('/v1/audit-events');
  expect(
    items.filter(({ action, actor }) => action === 'checkpoint.refused' && actor.startsWith('satellite:')),
  ).toHaveLength(1);
}, 90_000);
