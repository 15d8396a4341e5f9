// One site with everything that goes wrong on servers, and three healthy ones among them. One command goes to all of them;
// what SENA says of each is compared with what is true there, which is looked up past SENA.
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { CreateNodeBody, Node, Satellite, Site } from '@sena/contracts/http/fleet';
import type { Execution, Run } from '@sena/contracts/http/runs';
import type { Lab, LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { argumentsOf, descendantsOf, environmentOf } from './read-processes.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

/** 50 MB have to pass within it, also where other tests are busy beside this one. */
const commandTimeoutMs = 25_000;
const connectTimeoutMs = 2_000;
const complaintBytes = 8 * 1_024 * 1_024;
const healthy = ['calm-1', 'calm-2', 'calm-3'];
/** What each host answers to `cat /srv/answer`, as a script that arranges it there. */
const hosts: Record<string, string> = {
  ...Object.fromEntries(healthy.map((name) => [name, 'echo "$(hostname) is well" > /srv/answer'])),
  loud: 'head -c 52428800 /dev/urandom > /srv/answer',
  binary: String.raw`printf '\377\376\000\033[2J\033]0;owned\007\302\r\n\200' > /srv/answer`,
  complaining: `printf '#!/bin/sh\nyes "something is wrong here" | head -c ${complaintBytes} >&2\nexit 3\n' > /usr/bin/cat`,
  bare: 'rm /usr/bin/cat',
  stuck: 'mkfifo /srv/answer',
  cut: 'mkfifo /srv/answer',
  dark: 'echo "nobody will read this" > /srv/answer',
  rekeyed: 'echo "nobody may read this" > /srv/answer',
};

let directory: string;
let lab: Lab;
let site: LabSite;
let cloud: Cloud;
let satellite: JoinedSatellite;
let api: SenaApi;
let approver: SenaApi;
let stranger: SenaApi;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-bad-nodes-'));
  const specs = Object.keys(hosts).map((name) => ({ name, labels: {}, faults: [] }));
  [cloud, lab] = await Promise.all([
    startCloud({ environment: { orchestrator: { COMMAND_TIMEOUT_MS: String(commandTimeoutMs) } } }),
    startLab({
      stateDirectory: path.join(directory, 'lab'),
      sites: [{ name: 'ward', hosts: specs }],
      kind: 'openssh',
    }),
  ]);
  site = lab.sites[0] as LabSite;
  await Promise.all(Object.entries(hosts).map(([name, script]) => onHost(name, script)));
  await host('dark').setLink('down');

  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  approver = senaApi(cloud.stack.frontUrl, cloud.keys.approver);
  stranger = senaApi(cloud.stack.frontUrl, cloud.keys.stranger);
  const { body: registered } = await api.post<Site>('/v1/sites', { name: site.name });
  for (const node of nodes()) {
    const { status, body } = await api.post<Node>('/v1/nodes', { ...node, siteId: registered.id });
    if (status !== 201) throw new Error(`${node.name}: ${status} ${JSON.stringify(body)}`);
  }
  const frontPort = Number(new URL(cloud.stack.frontUrl).port);
  const uplink = await site.uplink({ host: '127.0.0.1', port: frontPort });
  if (uplink.port !== frontPort) throw new Error('the site finds SENA at another port than it says');
  satellite = await joinSatellite({
    api,
    siteId: registered.id,
    url: cloud.stack.frontUrl,
    enter: site.enter,
    directory: path.join(directory, 'sat-ward'),
    config: {
      credentials: {
        default: { privateKeyFile: site.clientKeyPath },
        other: { privateKeyFile: await anotherKey() },
      },
      knownHostsFile: await knownHostsWithAnotherKeyFor('rekeyed'),
      allowedAddresses: [`${host('calm-1').address.split('.').slice(0, 2).join('.')}.0.0/16`],
      limits: { connectTimeoutMs },
    },
  });
}, 90_000);

afterAll(async () => {
  await satellite?.stop();
  await cloud?.stop();
  await lab?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

/** `cat /srv/answer` on all twenty, which are told apart by what becomes of it. */
let runId: string;
let run: Run;
let executions: Map<string, Execution>;
const outcomeOf = (name: string) => executions.get(name) as Execution;
const outputOf = (name: string, stream?: 'stdout' | 'stderr') => api.output(outcomeOf(name).id, stream);

describe('one command to every node, while some of them are still at it', () => {
  beforeAll(async () => {
    const { status, body } = await api.post<{ id: string }>('/v1/runs', {
      kind: 'command',
      command: 'cat /srv/answer',
      selector: '*',
    });
    expect(status).toBe(202);
    runId = body.id;
    await eventually('the command runs on cut', async () => (await byNode(runId)).get('cut')?.startedAt, {
      timeoutMs: 13_000,
    });
    await host('cut').setLink('down');
  });

  it('the healthy nodes have answered, unharmed', async () => {
    executions = await eventually(
      'the healthy nodes have answered',
      async () => {
        const now = await byNode(runId);
        return healthy.every((name) => now.get(name)?.outcome === 'exited') ? now : null;
      },
      { timeoutMs: 13_000 },
    );
    for (const name of healthy) {
      expect(outcomeOf(name)).toMatchObject({ outcome: 'exited', exitCode: 0, reason: null });
      expect((await outputOf(name)).toString()).toBe(`${name} is well\n`);
    }
    for (const name of ['stuck', 'cut']) expect(outcomeOf(name).outcome).toBeNull();
  });

  it('a program that no node has waits for another member of this organization, and exits with 127', async () => {
    const asked = await api.run({ kind: 'command', command: 'no-such-program-here', selector: 'name=calm-1' });
    expect(asked.status).toBe('awaiting_approval');
    const approval = await api.approval(asked.id);
    expect((await stranger.decide(approval.id, 'approve')).status).toBe(404);
    expect((await approver.decide(approval.id, 'approve')).status).toBe(200);
    const done = await ended(asked.id);
    expect(done).toMatchObject({ status: 'succeeded', counts: { total: 1, exitedNonZero: 1 } });
    expect((await byNode(asked.id)).get('calm-1')).toMatchObject({ outcome: 'exited', exitCode: 127 });
  });

  it('a change is unknown on a node that is rebooted meanwhile, and never runs twice', async () => {
    const command = 'echo begun >> /srv/begun; sleep 4; echo ended >> /srv/begun';
    const asked = await api.run({ kind: 'command', command, selector: 'name=calm-1 or name=calm-3' });
    await approver.decide((await api.approval(asked.id)).id, 'approve');
    const begun = 'until [ -s /srv/begun ]; do sleep 0.02; done';
    await Promise.all(['calm-1', 'calm-3'].map((name) => onHost(name, begun)));
    await host('calm-3').reboot();
    await ended(asked.id, 30_000);
    const became = await byNode(asked.id);
    expect(became.get('calm-3')).toMatchObject({ outcome: 'unknown', exitCode: null });
    expect(became.get('calm-3')?.reason).toBe('node_rebooted');
    expect((await onHost('calm-3', 'cat /srv/begun')).stdout).toBe('begun\n');
    expect(became.get('calm-1')).toMatchObject({ outcome: 'exited', exitCode: 0 });
    expect((await onHost('calm-1', 'cat /srv/begun')).stdout).toBe('begun\nended\n');
  }, 40_000);
});

describe('one command to every node, when all of them have ended', () => {
  beforeAll(async () => {
    run = await api.wait(runId, 80_000);
    executions = await byNode(runId);
  }, 90_000);

  it('ends, and its counts add up', () => {
    expect(run).toMatchObject({
      status: 'succeeded',
      counts: { total: 20, exitedZero: 5, exitedNonZero: 3, notStarted: 11, unknown: 1, pending: 0 },
    });
  });

  const unstarted: Array<[node: string, reason: string, detail: RegExp]> = [
    ['closed', 'node_unreachable', /ECONNREFUSED/],
    ['nowhere', 'node_unreachable', /No connection to .*(EHOSTUNREACH|no answer in 2000 ms)/],
    ['dark', 'node_unreachable', /No connection to .*(EHOSTUNREACH|no answer in 2000 ms)/],
    ['nameless', 'node_unreachable', /the name nothing\.invalid can't be resolved/i],
    ['no-ssh', 'node_unreachable', /the SSH handshake failed/],
    ['elsewhere', 'address_not_allowed', /allowedAddresses/],
    ['impostor', 'host_key_mismatch', /is registered with SHA256:/],
    ['rekeyed', 'host_key_mismatch', /the satellite has pinned/],
    ['wrong-user', 'login_failed', /nobody-here@/],
    ['wrong-key', 'login_failed', /does not accept credential "other"/],
    ['no-key', 'credential_missing', /absent/],
  ];
  it.each(unstarted)('%s: not_started, %s', (name, reason, detail) => {
    const { detail: said, ...execution } = outcomeOf(name);
    expect(execution).toMatchObject({ outcome: 'not_started', reason, exitCode: null, stdoutBytes: 0, stderrBytes: 0 });
    expect(said).toMatch(detail);
  });

  it('never logged in where the host key was wrong', async () => {
    for (const name of ['calm-2', 'rekeyed']) {
      const log = await host(name).sshdLog();
      const logins = log.match(/Accepted publickey for root/g) ?? [];
      // Its own arrangement, and for calm-2 the node that is registered rightly.
      expect([name, logins.length]).toEqual([name, name === 'calm-2' ? 2 : 1]);
    }
  });

  it('that never ends is stopped, and the stop is proven on the node', async () => {
    expect(outcomeOf('stuck')).toMatchObject({ outcome: 'exited', exitCode: null, signal: 'KILL', reason: 'timeout' });
    expect(outcomeOf('stuck').durationMs).toBeGreaterThanOrEqual(commandTimeoutMs);
    expect((await onHost('stuck', 'pgrep -x cat || echo none')).stdout).toBe('none\n');
  });

  it('whose stop can’t be proven is unknown', async () => {
    expect(outcomeOf('cut')).toMatchObject({ outcome: 'unknown', reason: 'timeout_not_confirmed', exitCode: null });
    expect(outcomeOf('cut').detail).toMatch(/could not be killed/);
    await host('cut').setLink('up');
  });

  it('50 MB arrive whole', async () => {
    expect(outcomeOf('loud')).toMatchObject({
      ...{ outcome: 'exited', exitCode: 0, reason: null },
      ...{ stdoutBytes: 52_428_800, stdoutTruncated: false, stderrBytes: 0 },
    });
    const truth = (await onHost('loud', 'sha256sum < /srv/answer')).stdout.split(' ')[0];
    expect(sha256(await outputOf('loud'))).toBe(truth);
  });

  it('bytes that are no text stay what they are', async () => {
    expect(outcomeOf('binary')).toMatchObject({ outcome: 'exited', exitCode: 0, stdoutBytes: 21 });
    const bytes = Buffer.from('\xff\xfe\x00\x1b[2J\x1b]0;owned\x07\xc2\r\n\x80', 'latin1');
    expect(await outputOf('binary')).toEqual(bytes);
  });

  it('8 MB of complaints arrive whole, with the code', async () => {
    const line = 'something is wrong here\n';
    expect(outcomeOf('complaining')).toMatchObject({
      ...{ outcome: 'exited', exitCode: 3, reason: null },
      ...{ stdoutBytes: 0, stderrBytes: complaintBytes, stderrTruncated: false },
    });
    expect(sha256(await outputOf('complaining', 'stderr'))).toBe(sha256(Buffer.alloc(complaintBytes, line)));
  });

  it('that the node does not have exits with 127', async () => {
    expect(outcomeOf('bare')).toMatchObject({ outcome: 'exited', exitCode: 127 });
    expect((await outputOf('bare', 'stderr')).toString()).toContain('not found');
  });

  it('shows nothing of it to another organization', async () => {
    const execution = outcomeOf('calm-1');
    for (const below of ['', '/executions', '/output-groups', '/events']) {
      expect(await statusOf(`/v1/runs/${run.id}${below}`)).toEqual([404, 'not_found']);
    }
    expect(await statusOf(`/v1/executions/${execution.id}/output`)).toEqual([404, 'not_found']);
    expect((await stranger.post(`/v1/runs/${run.id}/cancel`, {})).status).toBe(404);
    for (const list of ['runs', 'nodes', 'sites', 'satellites', 'approvals']) {
      expect(await stranger.get(`/v1/${list}`)).toMatchObject({ items: [] });
    }
    const all = await stranger.post('/v1/runs', { kind: 'command', command: 'hostname', selector: '*' });
    expect([all.status, all.body]).toMatchObject([422, { code: 'no_nodes_match' }]);
    expect((await stranger.post(`/v1/sites/${(await mySite()).id}/join-tokens`, {})).status).toBe(404);

    async function statusOf(address: string): Promise<unknown[]> {
      const response = await fetch(`${cloud.stack.frontUrl}${address}`, {
        headers: { authorization: `Bearer ${cloud.keys.stranger}` },
      });
      return [response.status, ((await response.json()) as { code: string }).code];
    }
    async function mySite(): Promise<Site> {
      const { items } = await api.get<{ items: Site[] }>('/v1/sites');
      return items[0] as Site;
    }
  });
});

it('its satellite was given no secret and no address: what it needs is in its own directory', () => {
  const processes = [satellite.pid, ...descendantsOf(satellite.pid)];
  const environments = processes
    .filter((pid) => argumentsOf(pid)?.some((argument) => argument.endsWith('services/satellite/src/main.ts')))
    .map((pid) => environmentOf(pid));
  expect(environments.length).toBeGreaterThan(0);
  // What it sets itself when it begins again: how much memory it takes, and where it keeps its code.
  const own = ['MALLOC_ARENA_MAX', 'MALLOC_MMAP_THRESHOLD_', 'MALLOC_TRIM_THRESHOLD_', 'SENA_SATELLITE_BEGINS'];
  for (const { NODE_COMPILE_CACHE: cache, ...environment } of environments.map((found) => found ?? {})) {
    expect(Object.keys(environment).filter((name) => !own.includes(name))).toEqual(['PATH']);
    expect(cache).toMatch(/\.state\/code-cache$|\/compile-cache$/);
  }
});

it('after all of that the same satellite still works, on every node that does', async () => {
  expect(satellite.isUp()).toBe(true);
  const { items } = await api.get<{ items: Satellite[] }>('/v1/satellites');
  expect(items).toMatchObject([{ id: satellite.id, status: 'connected' }]);
  const last = await api.run({ kind: 'command', command: 'hostname', selector: 'name=calm-* or name=cut' });
  expect(last.counts).toMatchObject({ total: 4, exitedZero: 4 });
  expect(satellite.log().length).toBeGreaterThan(20);
  const mistakes = satellite.log().filter(({ level }) => level === 'error' || level === 'fatal' || Number(level) >= 50);
  expect(mistakes).toEqual([]);
});

function host(name: string): LabHost {
  const found = site.hosts.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no host ${name}`);
  return found;
}

/** Past SENA. */
function onHost(name: string, script: string) {
  return runOnHost(site, host(name), script, 20_000);
}

async function byNode(runId: string): Promise<Map<string, Execution>> {
  return new Map((await api.executions(runId)).map((execution) => [execution.node.name, execution]));
}

/** A decided run, at its end. */
async function ended(runId: string, timeoutMs = 15_000): Promise<Run> {
  return eventually(
    `run ${runId} has ended`,
    async () => {
      const run = await api.wait(runId, timeoutMs);
      return run.status === 'awaiting_approval' ? null : run;
    },
    { timeoutMs, everyMs: 50 },
  );
}

function nodes(): Array<Partial<CreateNodeBody> & { name: string; address: string }> {
  const at = (name: string, change: Partial<CreateNodeBody> = {}) => {
    const { address, port, user, hostKey } = host(name);
    return { name, address, port, runAs: user, hostKey, ...change };
  };
  return [
    ...Object.keys(hosts).map((name) => at(name)),
    at('calm-1', { name: 'closed', port: 2222 }),
    at('calm-1', { name: 'no-ssh', port: 9100 }),
    at('calm-1', { name: 'nowhere', address: host('calm-1').address.replace(/\.\d+\.\d+$/, '.99.99') }),
    at('calm-1', { name: 'nameless', address: 'nothing.invalid' }),
    at('calm-1', { name: 'elsewhere', address: '192.0.2.1' }),
    at('calm-2', { name: 'impostor', hostKey: host('calm-3').hostKey }),
    at('calm-3', { name: 'wrong-user', runAs: 'nobody-here' }),
    at('calm-3', { name: 'wrong-key', credential: 'other' }),
    at('calm-3', { name: 'no-key', credential: 'absent' }),
  ];
}

/** A private key that no host knows. */
async function anotherKey(): Promise<string> {
  const file = path.join(directory, 'other-key');
  await writeFile(file, makeSshKey('other').privateKey, { mode: 0o600 });
  return file;
}

/** The site's known_hosts, in which one host has the key of another. */
async function knownHostsWithAnotherKeyFor(name: string): Promise<string> {
  const text = await readFile(site.knownHostsPath, 'utf8');
  const lines = text.split('\n');
  const keyOf = (address: string) =>
    lines
      .find((line) => line.startsWith(`${address} `))
      ?.split(' ')
      .slice(1)
      .join(' ');
  const [right = '', wrong = ''] = [keyOf(host(name).address), keyOf(host('calm-1').address)];
  const file = path.join(directory, 'known_hosts');
  await writeFile(file, text.replaceAll(right, wrong));
  return file;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
