// Several satellites at one site: they share the work, and what was not sent yet waits for none of them in particular. The whole
// product runs, satellites are killed, and one that is enrolled later takes over what waited.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Node, Satellite, Site } from '@sena/contracts/http/fleet';
import { openPool, type Pool } from '@sena/db/tenant';
import type { Lab, LabSite } from '@sena/lab/lab';
import { startLab } from '@sena/lab/start-lab';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

/** By the hash of ids that are new each time: all of them on one side happens once in eight million. */
const hostNames = Array.from({ length: 24 }, (_, index) => `web-${String(index + 1).padStart(2, '0')}`);

let directory: string;
let lab: Lab;
let site: LabSite;
let cloud: Cloud;
let api: SenaApi;
/** The superuser, past SENA. */
let admin: Pool;
let siteId: string;
const satellites = new Map<string, JoinedSatellite>();

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-several-'));
  const hosts = hostNames.map((name) => ({ name, labels: {}, faults: [] }));
  [cloud, lab] = await Promise.all([
    startCloud(),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'hall', hosts }], kind: 'simulated' }),
  ]);
  site = lab.sites[0] as LabSite;
  admin = openPool(cloud.database.adminUrl, { max: 1, applicationName: 'test', onError: () => undefined });
  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  siteId = (await api.post<Site>('/v1/sites', { name: 'hall' })).body.id;
  for (const { name, address, port, user, hostKey } of site.hosts) {
    const node = { name, address, port, runAs: user, credential: 'default', hostKey, labels: {}, siteId };
    const { status, body } = await api.post<Node>('/v1/nodes', node);
    if (status !== 201) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
  }
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
  await join('sat-a');
  await join('sat-b');
}, 90_000);

afterAll(async () => {
  for (const satellite of satellites.values()) await satellite.stop();
  await admin?.end();
  await cloud?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

async function join(name: string): Promise<void> {
  const place = { api, siteId, url: cloud.stack.frontUrl, enter: site.enter, directory: path.join(directory, name) };
  const config = { credentials: { default: { privateKeyFile: site.clientKeyPath } } };
  satellites.set(name, await joinSatellite({ ...place, config }));
}
async function kill(name: string): Promise<void> {
  await satellites.get(name)?.stop();
  await eventually(
    `${name} is gone`,
    async () =>
      (await api.get<{ items: Satellite[] }>('/v1/satellites')).items.find((each) => each.name === name)?.status ===
      'disconnected',
    { timeoutMs: 10_000, everyMs: 50 },
  );
}
const ask = () => ({ kind: 'command' as const, command: 'hostname', selector: '*' });
/** Where each command of a run went, and how often that was decided. */
const assignments = async (runId: string) =>
  (
    await admin.query<{ name: string; epoch: number; nodes: number }>(
      `select s.name, d.assignment_epoch as epoch, count(e.id)::integer as nodes
       from sena.dispatches d join sena.satellites s on s.id = d.satellite_id join sena.executions e on e.dispatch_id = d.id
       where d.run_id = $1 group by 1, 2 order by 1, 2`,
      [runId],
    )
  ).rows;
async function answeredOnce(runId: string): Promise<void> {
  const run = await api.wait(runId, 30_000);
  expect(run).toMatchObject({ status: 'succeeded', counts: { total: 24, exitedZero: 24, pending: 0 } });
  const executions = await api.executions(runId);
  expect(executions.map((execution) => execution.node.name).toSorted()).toEqual(hostNames);
  for (const { id, node } of executions) expect((await api.output(id)).toString()).toBe(`${node.name}\n`);
}

it('two share the work', async () => {
  const run = await api.run(ask());
  await answeredOnce(run.id);
  const shares = await assignments(run.id);
  expect(shares).toMatchObject([
    { name: 'sat-a', epoch: 1 },
    { name: 'sat-b', epoch: 1 },
  ]);
}, 40_000);

it('one goes: the other does it all', async () => {
  await kill('sat-a');
  const run = await api.run(ask());
  await answeredOnce(run.id);
  expect(await assignments(run.id)).toEqual([{ name: 'sat-b', epoch: 1, nodes: 24 }]);
}, 40_000);

it('all are gone: work waits, and a satellite that is enrolled later takes it over', async () => {
  await kill('sat-b');
  const { body } = await api.post<{ id: string }>('/v1/runs', ask());
  const waits = () => assignments(body.id);
  await eventually('it is written', async () => (await waits()).reduce((sum, share) => sum + share.nodes, 0) === 24);
  for (const share of await waits()) expect(share.epoch).toBe(1);

  await join('sat-c');
  await answeredOnce(body.id);
  expect(await assignments(body.id)).toEqual([{ name: 'sat-c', epoch: 2, nodes: 24 }]);
  const notes = await admin.query<{ text: string }>(
    `select data ->> 'text' as text from sena.run_events where run_id = $1 and data ->> 'type' = 'run.note'`,
    [body.id],
  );
  expect(notes.rows.map((row) => row.text).join()).toMatch(/^Satellite sat-[ab] is not connected: .* to sat-c\./);
}, 60_000);
