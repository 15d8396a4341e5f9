// SENA needs no way in: its services run in one network, the satellite and its nodes in another whose firewall accepts no
// connection from the first. What the firewall would let through, and that it is the firewall, is shown beside it.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Site } from '@sena/contracts/http/fleet';
import type { Lab, LabSite, SocketAddress } from '@sena/lab/lab';
import { startLab } from '@sena/lab/start-lab';
import { type OutboundOnlyNetwork, startOutboundOnlyNetwork } from '@sena/lab/start-outbound-only-network';
import { eventually } from '@sena/testing/eventually';
import { freePort } from '@sena/testing/free-port';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const passed = ['gateway', 'orchestrator', 'relay', 'satellite', 'signer'];
const nodeNames = ['walled-1', 'walled-2', 'walled-3'];
let directory: string;
let network: OutboundOnlyNetwork;
let cloud: Cloud;
let lab: Lab;
let site: LabSite;
let api: SenaApi;
let satellite: JoinedSatellite;
let droppedBefore: number;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-walls-'));
  network = await startOutboundOnlyNetwork();
  droppedBefore = await network.droppedInbound();
  const frontPort = await freePort();
  const hosts = nodeNames.map((name) => ({ name, labels: { role: 'web' }, faults: [] }));
  [cloud, lab] = await Promise.all([
    startCloud({
      frontPort,
      frontHosts: ['127.0.0.1', network.cloudAddress],
      // The satellite speaks without TLS to this very machine alone: to its side's end of the way out.
      publicUrl: `http://127.0.0.1:${frontPort}`,
      databaseBySocket: true,
      prefix: () => network.enterCloud,
    }),
    startLab({
      stateDirectory: path.join(directory, 'lab'),
      sites: [{ name: 'walled', hosts, network: network.site }],
      kind: 'openssh',
    }),
  ]);
  site = lab.sites[0] as LabSite;
  const inlet = await network.cloudInlet(frontPort);
  api = senaApi(`http://${inlet.host}:${inlet.port}`, cloud.keys.owner);
  const uplink = await site.uplink({ host: network.cloudAddress, port: frontPort });

  const { body: registered } = await api.post<Site>('/v1/sites', { name: site.name });
  for (const { name, address, port, user, hostKey, labels } of site.hosts) {
    await api.post('/v1/nodes', { siteId: registered.id, name, address, port, runAs: user, hostKey, labels });
  }
  satellite = await joinSatellite({
    api,
    siteId: registered.id,
    url: `http://${uplink.host}:${uplink.port}`,
    enter: network.enterSite,
    directory: path.join(directory, 'sat-walled'),
    config: { credentials: { default: { privateKeyFile: site.clientKeyPath } }, knownHostsFile: site.knownHostsPath },
  });
}, 60_000);

afterAll(async () => {
  await satellite?.stop();
  await cloud?.stop();
  await lab?.stop();
  await network?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

it('a run returns every node’s own name, and nobody in the cloud has even tried to come in', async () => {
  const run = await api.run({ kind: 'command', command: 'hostname', selector: '*' });
  expect(run).toMatchObject({ status: 'succeeded', counts: { total: 3, exitedZero: 3 } });
  const executions = await api.executions(run.id);
  expect(executions.map((execution) => execution.node.name).sort()).toEqual(nodeNames);
  for (const execution of executions) {
    expect((await api.output(execution.id)).toString()).toBe(`${execution.node.name}\n`);
  }
  expect(await network.droppedInbound()).toBe(droppedBefore);
});

it('from the cloud neither the satellite’s machine nor a node can be reached, and it is the firewall that says so', async () => {
  // Something that would answer, on the satellite's machine.
  const listener = startListener(network.enterSite);
  try {
    const door = { host: network.siteAddress, port: await listener.port };
    const nodes = site.hosts.map(({ address, port }) => ({ host: address, port }));
    expect(await connectFrom(network.enterSite, [{ ...door, host: '127.0.0.1' }, ...nodes])).toEqual(
      allOf('connected'),
    );

    expect(await connectFrom(network.enterCloud, [door, ...nodes])).toEqual(allOf('silence'));
    const dropped = await network.droppedInbound();
    expect(dropped).toBeGreaterThanOrEqual(droppedBefore + 4);

    await network.setInbound('accepted');
    expect(await connectFrom(network.enterCloud, [door, ...nodes])).toEqual(allOf('connected'));
    await network.setInbound('dropped');
    expect(await connectFrom(network.enterCloud, [door, ...nodes])).toEqual(allOf('silence'));
    expect(await network.droppedInbound()).toBeGreaterThan(dropped);
  } finally {
    listener.stop();
  }
  const run = await api.run({ kind: 'command', command: 'hostname', selector: '*' });
  expect(run.counts).toMatchObject({ total: 3, exitedZero: 3 });
  expect(satellite.isUp()).toBe(true);
});

it('the trace that a request names is in the log of every process that the run passed', async () => {
  const traceId = randomBytes(16).toString('hex');
  const body = { kind: 'command', command: 'hostname', selector: 'name=walled-1' };
  const traceparent = `00-${traceId}-${randomBytes(8).toString('hex')}-01`;
  const asked = await api.post<{ id: string }>('/v1/runs', body, { traceparent });
  expect(asked.status).toBe(202);
  const runId = asked.body.id;
  expect((await api.wait(runId)).status).toBe('succeeded');

  // A process logs after it has acted: its line may come after the answer.
  const traced = await eventually('every process has logged the trace', () => {
    const lines: Array<LogLine | null> = [...cloud.log().split('\n').map(parseLine), ...satellite.log()];
    const ours = lines.filter((line) => line?.traceId === traceId);
    const by = Object.groupBy(ours, (line) => line?.service ?? '');
    return passed.every((service) => by[service] !== undefined) ? by : null;
  });
  expect(Object.keys(traced).sort()).toEqual(passed);
  expect(traced.gateway).toMatchObject([{ route: '/v1/runs', status: 202 }]);
  for (const service of passed.slice(1)) {
    for (const line of traced[service] ?? []) expect(line).toMatchObject({ runId });
  }
});

interface LogLine {
  readonly service?: string;
  readonly traceId?: string;
  readonly route?: string;
}

/** `name: {…}`, as the supervisor hands on what a process wrote. null: it is no log line. */
function parseLine(line: string): LogLine | null {
  const json = /^[\w-]+: (\{.*\})$/.exec(line)?.[1];
  return json === undefined ? null : (JSON.parse(json) as LogLine);
}

function allOf(result: string): string[] {
  return ['satellite', ...nodeNames].map(() => result);
}

/** Tries each address from inside a network: `connected`, `silence` after a while, or the error's code. */
async function connectFrom(enter: string[], targets: SocketAddress[]): Promise<string[]> {
  const script = `
    const { connect } = require('node:net');
    const tries = ${JSON.stringify(targets)}.map((target) => new Promise((resolve) => {
      const socket = connect(target);
      const end = (how) => { socket.destroy(); resolve(how); };
      socket.once('connect', () => end('connected')).once('error', (error) => end(error.code));
      setTimeout(() => end('silence'), 800).unref();
    }));
    Promise.all(tries).then((results) => console.log(JSON.stringify(results)));`;
  const [file = '', ...args] = [...enter, process.execPath, '-e', script];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  await once(child, 'close');
  return JSON.parse(text) as string[];
}

function startListener(enter: string[]): { port: Promise<number>; stop(): void } {
  const script = `
    const server = require('node:net').createServer((socket) => socket.on('error', () => undefined));
    server.listen(0, '0.0.0.0', () => console.log(server.address().port));`;
  const [file = '', ...args] = [...enter, process.execPath, '-e', script];
  const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  return { port: once(child.stdout, 'data').then(([chunk]) => Number(chunk)), stop: () => child.kill('SIGKILL') };
}
