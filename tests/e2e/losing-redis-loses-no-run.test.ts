// Redis only rings. While changes are under way it forgets everything, is killed, stays away while more are asked for, and comes
// back empty: every run ends well, and the node itself says that each change ran once.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Approval } from '@sena/contracts/http/approvals';
import type { Site } from '@sena/contracts/http/fleet';
import type { Run } from '@sena/contracts/http/runs';
import type { Lab, LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { eventually } from '@sena/testing/eventually';
import { startRedis, type TestRedis } from '@sena/testing/redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const asked = 20;
const askedWithoutRedis = 3;
let directory: string;
let redis: TestRedis;
let cloud: Cloud;
let lab: Lab;
let site: LabSite;
let api: SenaApi;
let approver: SenaApi;
let satellite: JoinedSatellite;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-redis-'));
  redis = await startRedis();
  const hosts = ['ledger-1'].map((name) => ({ name, labels: {}, faults: [] }));
  [cloud, lab] = await Promise.all([
    startCloud({ redisUrl: redis.url }),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'books', hosts }], kind: 'openssh' }),
  ]);
  site = lab.sites[0] as LabSite;
  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  approver = senaApi(cloud.stack.frontUrl, cloud.keys.approver);
  const { body: registered } = await api.post<Site>('/v1/sites', { name: site.name });
  for (const { name, address, port, user, hostKey } of site.hosts) {
    await api.post('/v1/nodes', { siteId: registered.id, name, address, port, runAs: user, hostKey });
  }
  const frontPort = Number(new URL(cloud.stack.frontUrl).port);
  await site.uplink({ host: '127.0.0.1', port: frontPort });
  satellite = await joinSatellite({
    api,
    siteId: registered.id,
    url: cloud.stack.frontUrl,
    enter: site.enter,
    directory: path.join(directory, 'sat-books'),
    config: { credentials: { default: { privateKeyFile: site.clientKeyPath } }, knownHostsFile: site.knownHostsPath },
  });
}, 60_000);

afterAll(async () => {
  await satellite?.stop();
  await cloud?.stop();
  await lab?.stop();
  await redis?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

it('every run ends well and each change ran once, though Redis forgot everything and was killed under load', async () => {
  const stopApproving = approveAll();
  try {
    const ids = await Promise.all(Array.from({ length: asked }, (_, n) => ask(n)));
    await untilEnded(4);
    await redis.flush();
    expect((await statuses()).filter(hasEnded).length).toBeLessThan(asked);
    await untilEnded(8);
    await redis.kill();
    expect((await statuses()).filter(hasEnded).length).toBeLessThan(asked);
    for (let n = asked; n < asked + askedWithoutRedis; n += 1) ids.push(await ask(n));
    await redis.startAgain();
    await redis.flush();

    await untilEnded(asked + askedWithoutRedis, 40_000);
    const runs = await Promise.all(ids.map((id) => api.get<Run>(`/v1/runs/${id}`)));
    for (const run of runs) expect(run).toMatchObject({ status: 'succeeded', counts: { total: 1, exitedZero: 1 } });
  } finally {
    await stopApproving();
  }
  const expected = Array.from({ length: asked + askedWithoutRedis }, (_, n) => changeOf(n)).sort();
  for (const host of site.hosts) expect((await changesOn(host)).sort()).toEqual(expected);
  // The doorbells were really on Redis, and were missed.
  expect(cloud.log()).toMatch(/the queue lost a connection/);
  expect(cloud.log()).toMatch(/doorbells rung again/);
}, 60_000);

const changeOf = (n: number) => `change ${n}`;
const hasEnded = (status: string) => ['succeeded', 'failed', 'cancelled'].includes(status);

async function ask(n: number): Promise<string> {
  const { status, body } = await api.post<{ id: string }>('/v1/runs', {
    kind: 'command',
    command: `echo ${changeOf(n)} >> /srv/changes`,
    selector: '*',
  });
  expect(status).toBe(202);
  return body.id;
}

async function statuses(): Promise<string[]> {
  const { items } = await api.get<{ items: Array<{ status: string }> }>('/v1/runs?limit=100');
  return items.map((run) => run.status);
}

function untilEnded(count: number, timeoutMs = 20_000): Promise<true> {
  const areEnded = async () => (await statuses()).filter(hasEnded).length >= count;
  return eventually(`${count} runs have ended`, areEnded, { timeoutMs, everyMs: 30 });
}

/** The second person, who agrees to everything as soon as it is asked. */
function approveAll(): () => Promise<void> {
  let isStopped = false;
  const working = (async () => {
    while (!isStopped) {
      const { items } = await approver.get<{ items: Approval[] }>('/v1/approvals?status=pending');
      for (const { id } of items) expect((await approver.decide(id, 'approve')).status).toBe(200);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return () => {
    isStopped = true;
    return working;
  };
}

/** Past SENA. */
async function changesOn(host: LabHost): Promise<string[]> {
  const { stdout } = await runOnHost(site, host, 'cat /srv/changes', 20_000);
  return stdout.trim().split('\n');
}
