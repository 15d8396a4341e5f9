// Several satellites at one site: together they run no more at once than the site allows, and when one dies while an approved change runs
// through it, another one finds out what became of each command. The whole product runs on real hosts; what SENA says is compared with what
// is true on the nodes.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Node, Site } from '@sena/contracts/http/fleet';
import type { Execution, Run } from '@sena/contracts/http/runs';
import { openPool, type Pool } from '@sena/db/tenant';
import type { Lab, LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const longLines = 40;
/** Of a satellite that is lost. */
const shareReservedMs = 6_000;
/** It ends when the test wants it to. */
const untilTold = 'until [ -e /srv/go ]; do sleep 0.1; done';
/** What the change does on each host: each time it runs, it leaves a line. */
const work: Record<string, string> = {
  long: `echo ran >> /srv/effects; echo begun; ${untilTold}; for i in $(seq ${longLines}); do echo line $i; sleep 0.05; done; exit 3`,
  short: `echo ran >> /srv/effects; echo begun; ${untilTold}; echo "this was short"`,
  rebooted: 'echo ran >> /srv/effects; echo begun; sleep 600',
};

let directory: string;
let lab: Lab;
let site: LabSite;
let cloud: Cloud;
let api: SenaApi;
let approver: SenaApi;
/** The superuser, past SENA. */
let admin: Pool;
let siteId: string;
const satellites = new Map<string, JoinedSatellite>();

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-inquiry-'));
  const hosts = Object.keys(work).map((name) => ({ name, labels: {}, faults: [] }));
  [cloud, lab] = await Promise.all([
    startCloud({
      environment: {
        orchestrator: { ASK_OTHERS_AFTER_MS: '1000' },
        relay: { SITE_SHARE_RESERVED_MS: String(shareReservedMs) },
      },
    }),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'hall', hosts }], kind: 'openssh' }),
  ]);
  site = lab.sites[0] as LabSite;
  admin = openPool(cloud.database.adminUrl, { max: 1, applicationName: 'test', onError: () => undefined });
  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  approver = senaApi(cloud.stack.frontUrl, cloud.keys.approver);
  siteId = (await api.post<Site>('/v1/sites', { name: 'hall' })).body.id;
  for (const { name, address, port, user, hostKey } of site.hosts) {
    const node = { name, address, port, runAs: user, credential: 'default', hostKey, labels: {}, siteId };
    const { status, body } = await api.post<Node>('/v1/nodes', node);
    if (status !== 201) throw new Error(`${name}: ${status} ${JSON.stringify(body)}`);
    // The same host under other names: their work is spread by the hash of new ids, so each satellite gets some of it.
    for (let copy = 1; copy <= 4; copy += 1)
      await api.post<Node>('/v1/nodes', { ...node, name: `${name}-${copy}`, labels: { load: 'yes' } });
    const script = `printf '%s\\n' '#!/bin/sh' '${work[name]}' > /srv/work && chmod 755 /srv/work`;
    const { exitCode, stderr } = await onHost(name, script);
    if (exitCode !== 0) throw new Error(`${name}: ${stderr}`);
  }
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
  await join('sat-a');
}, 90_000);

afterAll(async () => {
  for (const satellite of satellites.values()) await satellite.stop();
  await admin?.end();
  await cloud?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

const host = (name: string) => site.hosts.find((each) => each.name === name) as LabHost;
const onHost = (name: string, script: string) => runOnHost(site, host(name), script, 20_000);
async function join(name: string): Promise<void> {
  const place = { api, siteId, url: cloud.stack.frontUrl, enter: site.enter, directory: path.join(directory, name) };
  const config = { credentials: { default: { privateKeyFile: site.clientKeyPath } } };
  satellites.set(name, await joinSatellite({ ...place, config }));
}
const kill = (name: string) => satellites.get(name)?.stop();
/** Asked by one, approved by another; resolves once every node has said that it began. */
async function startChange(selector: string): Promise<Run> {
  const run = await api.run({ kind: 'command', command: '/srv/work', selector });
  const { id } = await approver.approval(run.id);
  await approver.decide(id, 'approve');
  await eventually(
    'it runs',
    async () => {
      const executions = await api.executions(run.id);
      return executions.length > 0 && executions.every((execution) => execution.startedAt !== null);
    },
    { timeoutMs: 30_000, everyMs: 50 },
  );
  return run;
}
const executionOn = async (runId: string, name: string) =>
  (await api.executions(runId)).find((execution) => execution.node.name === name) as Execution;
const effectsOn = async (name: string) => (await onHost(name, 'cat /srv/effects')).stdout;
const notesOf = async (runId: string) =>
  (
    await admin.query<{ text: string }>(
      `select data ->> 'text' as text from sena.run_events where run_id = $1 and data ->> 'type' = 'run.note' order by seq`,
      [runId],
    )
  ).rows.map((row) => row.text);

/** How many of the run's commands were at it at one moment, by what each of them has said of itself: one machine, one clock. */
async function mostAtOnce(runId: string): Promise<number> {
  const executions = await api.executions(runId);
  expect(executions).toHaveLength(12);
  const moments: Array<[atNs: bigint, change: 1 | -1]> = [];
  for (const { id } of executions) {
    const [began, ended] = (await api.output(id)).toString().trim().split('\n').map(BigInt) as [bigint, bigint];
    moments.push([began, 1], [ended, -1]);
  }
  let [now, most] = [0, 0];
  for (const [, change] of moments.toSorted(([one], [other]) => (one < other ? -1 : 1))) {
    now += change;
    most = Math.max(most, now);
  }
  return most;
}
const atOnce = (seconds: number) => ({
  ...{ kind: 'command' as const, selector: 'load=yes' },
  command: `date +%s%N; sleep ${seconds}; date +%s%N`,
});
async function limitTo(runningMax: number | null): Promise<void> {
  const response = await fetch(`${cloud.stack.frontUrl}/v1/sites/${siteId}`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${cloud.keys.owner}`, 'content-type': 'application/json' },
    body: JSON.stringify({ runningMax }),
  });
  expect([response.status, await response.json()]).toMatchObject([200, { runningMax }]);
}
const sharesAre = (...expected: number[]) =>
  eventually(`the shares are ${expected.join(' and ')}`, async () => {
    const { rows } = await admin.query<{ site_share: number }>(
      'select site_share from sena.satellites where site_share is not null order by site_share',
    );
    return rows.map((row) => row.site_share).join() === expected.join();
  });

it('all satellites of a site together run no more at once than it allows; what one leaves the other has, at once after a goodbye and later after a loss', async () => {
  await join('sat-z');
  const free = await api.run(atOnce(1), 60_000);
  expect(await mostAtOnce(free.id)).toBeGreaterThan(4);

  await limitTo(2);
  await sharesAre(1, 1);
  const bound = await api.run(atOnce(0.3), 60_000);
  expect(bound).toMatchObject({ status: 'succeeded', counts: { total: 12, exitedZero: 12 } });
  expect(await mostAtOnce(bound.id)).toBe(2);

  let goneMs = performance.now();
  await satellites.get('sat-z')?.leave();
  await sharesAre(2);
  expect(performance.now() - goneMs).toBeLessThan(shareReservedMs / 2);
  await join('sat-y');
  await sharesAre(1, 1);
  goneMs = performance.now();
  await kill('sat-y');
  await sharesAre(2);
  expect(performance.now() - goneMs).toBeGreaterThan(shareReservedMs - 500);
  const alone = await api.run(atOnce(0.3), 60_000);
  expect(alone.counts).toMatchObject({ total: 12, exitedZero: 12 });
  expect(await mostAtOnce(alone.id)).toBe(2);

  // Raised while work waits.
  const { body: waiting } = await api.post<Run>('/v1/runs', atOnce(2));
  const begun = async () => (await api.executions(waiting.id)).filter((each) => each.startedAt !== null).length;
  await eventually('two are at it', async () => (await begun()) === 2);
  await limitTo(6);
  await api.wait(waiting.id, 60_000);
  expect(await mostAtOnce(waiting.id)).toBe(6);
  await limitTo(null);
}, 180_000);

it('a change that its satellite left behind is followed to its end by another, with all of its output', async () => {
  const run = await startChange('name=long or name=short');
  await join('sat-b');
  await kill('sat-a');
  // One ends while nobody sees it, the other while somebody else looks on.
  await onHost('short', 'touch /srv/go; until grep -q end /var/lib/sena/guard/*.l; do sleep 0.1; done');
  await eventually('sat-b is asked', async () => {
    const asked = await admin.query('select 1 from sena.inquiries where acked_at is not null');
    return asked.rowCount === 1;
  });
  await onHost('long', 'touch /srv/go');
  const ended = await api.wait(run.id, 60_000);
  expect(ended).toMatchObject({ status: 'succeeded', counts: { total: 2, unknown: 0, notStarted: 0 } });
  const long = await executionOn(run.id, 'long');
  expect(long).toMatchObject({ outcome: 'exited', exitCode: 3, stdoutTruncated: false });
  const lines = Array.from({ length: longLines }, (_, index) => `line ${index + 1}\n`).join('');
  expect((await api.output(long.id)).toString()).toBe(`begun\n${lines}`);
  const short = await executionOn(run.id, 'short');
  expect(short).toMatchObject({ outcome: 'exited', exitCode: 0, stdoutTruncated: false });
  expect((await api.output(short.id)).toString()).toBe('begun\nthis was short\n');
  for (const name of ['long', 'short']) expect(await effectsOn(name)).toBe('ran\n');
  expect((await notesOf(run.id)).join()).toMatch(/Satellite sat-a is gone: sat-b finds out what became of \d command/);
}, 120_000);

it('one whose node was rebooted meanwhile is unknown, and says so', async () => {
  const run = await startChange('name=rebooted');
  await join('sat-c');
  await kill('sat-b');
  await host('rebooted').reboot();
  const ended = await api.wait(run.id, 60_000);
  expect(ended).toMatchObject({ status: 'succeeded', counts: { total: 1, unknown: 1 } });
  const rebooted = await executionOn(run.id, 'rebooted');
  expect(rebooted).toMatchObject({ outcome: 'unknown', reason: 'node_rebooted' });
  expect(rebooted.detail).toContain('restarted');
  expect((await api.output(rebooted.id)).toString()).toBe('begun\n');
  expect(await effectsOn('rebooted')).toBe('ran\n');
}, 120_000);
