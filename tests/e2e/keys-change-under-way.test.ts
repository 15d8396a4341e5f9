// Keys are changed while the product works: the dispatch key, twice while a satellite is away, and a satellite's own; a copy of a satellite is
// locked; and the audit holds across all of it. Real processes, as an operator starts them.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { DispatchKeyList, Node, Satellite, Site } from '@sena/contracts/http/fleet';
import { openPool, type Pool } from '@sena/db/tenant';
import type { Lab, LabSite } from '@sena/lab/lab';
import { startLab } from '@sena/lab/start-lab';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const run = promisify(execFile);
const checkout = path.resolve(import.meta.dirname, '..', '..');
const quiet = '--disable-warning=ExperimentalWarning';
const satelliteProgram = path.join(checkout, 'services/satellite/src/main.ts');

let directory: string;
let lab: Lab;
let site: LabSite;
let cloud: Cloud;
let api: SenaApi;
/** The superuser, past SENA. */
let admin: Pool;
let siteId: string;
const processes: ChildProcess[] = [];
const file = (...names: string[]) => path.join(directory, ...names);
/** Each look starts a program. */
const aProgramEach = { timeoutMs: 30_000, everyMs: 400 };

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-keys-'));
  const hosts = ['web-01', 'web-02'].map((name) => ({ name, labels: {}, faults: [] }));
  [cloud, lab] = await Promise.all([
    startCloud({ environment: { signer: { CHECKPOINT_EVERY_MS: '300' }, relay: { WITNESS_EVERY_MS: '500' } } }),
    startLab({ stateDirectory: file('lab'), sites: [{ name: 'hall', hosts }], kind: 'simulated' }),
  ]);
  site = lab.sites[0] as LabSite;
  admin = openPool(cloud.database.adminUrl, { max: 1, applicationName: 'test', onError: () => undefined });
  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  siteId = (await api.post<Site>('/v1/sites', { name: 'hall' })).body.id;
  for (const { name, address, port, user, hostKey } of site.hosts)
    await api.post<Node>('/v1/nodes', {
      ...{ name, address, port, runAs: user, credential: 'default', hostKey, labels: {}, siteId },
    });
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
}, 90_000);
afterAll(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await admin?.end();
  await cloud?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

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
const satelliteCommand = (name: string, ...args: string[]) =>
  command('services/satellite/src/main.ts', ...args, '--config', file(name, 'satellite.json'));
function start(name: string): ChildProcess {
  const [program = '', ...before] = [...site.enter, process.execPath, quiet, satelliteProgram];
  const child = spawn(program, [...before, 'run', '--config', file(name, 'satellite.json')], {
    ...{ env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE }, stdio: 'ignore' },
  });
  processes.push(child);
  return child;
}
async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'close');
  child.kill('SIGKILL');
  await ended;
}
const satelliteNamed = async (name: string) =>
  (await api.get<{ items: Satellite[] }>('/v1/satellites')).items.find((each) => each.name === name);
const becomes = (name: string, status: Satellite['status']) =>
  eventually(`${name} is ${status}`, async () => (await satelliteNamed(name))?.status === status, {
    ...{ timeoutMs: 30_000, everyMs: 50 },
  });
const keys = async () => (await api.get<DispatchKeyList>('/v1/dispatch-keys')).items;
async function answers(): Promise<string> {
  const { body } = await api.post<{ id: string }>('/v1/runs', { kind: 'command', command: 'hostname', selector: '*' });
  expect(await api.wait(body.id, 60_000)).toMatchObject({ status: 'succeeded', counts: { exitedZero: 2 } });
  const signed = await admin.query<{ key_id: string }>(
    'select distinct e.key_id from sena.dispatch_envelopes e join sena.dispatches d on d.id = e.dispatch_id where d.run_id = $1',
    [body.id],
  );
  return signed.rows.map(({ key_id }) => key_id).join();
}

test('the dispatch key, a satellite’s own key, and a copy of its state directory', async () => {
  const joined = await joinSatellite({
    ...{ api, siteId, url: cloud.stack.frontUrl, enter: site.enter, directory: file('sat-a') },
    config: { credentials: { default: { privateKeyFile: site.clientKeyPath } } },
  });
  const [first] = await keys();
  expect(await answers()).toBe(first?.id);
  const kept = await eventually(
    'it has seen a checkpoint',
    async () => {
      const { code, text } = await satelliteCommand('sat-a', 'checkpoint', '--json');
      return code === 0 && text;
    },
    aProgramEach,
  );
  await writeFile(file('kept.json'), kept);

  // While it is connected.
  const rotated = await sena('keys', 'rotate', '--reason', 'once a year');
  expect(rotated).toMatchObject({ code: 0, text: expect.stringMatching(/^newest .*\nbelieved/) });
  await eventually('it believes the new one', async () => (await keys())[0]?.satelliteCount === 1);
  const second = (await keys())[0]?.id as string;
  expect(await answers()).toBe(second);
  expect((await sena('keys', 'retire', first?.id as string)).code).toBe(0);
  expect((await keys()).map(({ status }) => status)).toEqual(['newest', 'retired']);
  expect(await answers()).toBe(second);

  // Twice, and an end to what it knows, while it is away.
  await joined.stop();
  await becomes('sat-a', 'disconnected');
  for (let n = 0; n < 2; n += 1) expect((await sena('keys', 'rotate')).code).toBe(0);
  expect(await sena('keys', 'retire', second)).toMatchObject({
    code: 2,
    text: expect.stringMatching(/have not said yet/),
  });
  expect((await sena('keys', 'retire', second, '--force')).code).toBe(0);
  const back = start('sat-a');
  await becomes('sat-a', 'connected');
  const newest = (await keys())[0]?.id as string;
  await eventually('it believes the newest', async () => (await satelliteNamed('sat-a'))?.dispatchKeyId === newest);
  expect(await answers()).toBe(newest);
  const status = await satelliteCommand('sat-a', 'status');
  expect(status.text).toMatch(new RegExp(`\\(${newest}\\), newest`));
  expect(status.text).toMatch(new RegExp(`\\(${second}\\), retired`));

  // Its own key.
  const before = (await satelliteNamed('sat-a'))?.fingerprint;
  const changed = await satelliteCommand('sat-a', 'rotate-key');
  expect(changed).toMatchObject({ code: 0, text: expect.stringMatching(/has taken the place/) });
  expect((await satelliteNamed('sat-a'))?.fingerprint).not.toBe(before);
  await eventually(
    'it has signed a checkpoint with it',
    async () => {
      const { text } = await satelliteCommand('sat-a', 'checkpoint', '--json');
      return JSON.parse(kept).cosignature.publicKey !== JSON.parse(text).cosignature.publicKey;
    },
    aProgramEach,
  );
  expect(await answers()).toBe(newest);

  // The audit holds across all of it, for whoever has kept what the satellite saw before.
  expect((await sena('audit', 'export', '--out', file('audit.ndjson'))).code).toBe(0);
  const verified = await sena('audit', 'verify', file('audit.ndjson'), '--checkpoint', file('kept.json'));
  expect(verified).toMatchObject({ code: 0 });
  expect(await readFile(file('audit.ndjson'), 'utf8')).toContain('"kind":"satellite-key"');

  // A copy of its state directory, taken as a backup would be, beside the one that goes on.
  await kill(back);
  await cp(file('sat-a'), file('copy'), { recursive: true });
  const original = start('sat-a');
  await becomes('sat-a', 'connected');
  expect(await answers()).toBe(newest);
  start('copy');
  await becomes('sat-a', 'locked');
  expect((await satelliteNamed('sat-a'))?.lock).toMatchObject({
    shownCounter: expect.any(Number),
    address: expect.any(String),
  });
  await eventually(
    'its operator is told',
    async () => {
      const { text } = await satelliteCommand('sat-a', 'status');
      if (!/refused \(satellite_locked\).*unlock/s.test(text)) throw new Error(text);
      return true;
    },
    { ...aProgramEach, timeoutMs: 90_000 },
  );
  await kill(original);
}, 240_000);
