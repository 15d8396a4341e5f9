import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab, LabSite, SocketAddress } from './lab.ts';
import { startLab } from './start-lab.ts';
import { type OutboundOnlyNetwork, startOutboundOnlyNetwork } from './start-outbound-only-network.ts';

/** Connects from inside the network that `enter` enters; says what the other side says first, or why not. */
async function greetingFrom(enter: string[], target: SocketAddress, waitMs = 700): Promise<string> {
  const program = `const s = require('node:net').connect(${target.port}, '${target.host}');
    s.on('data', (text) => { console.log(String(text).trim()); process.exit(); });
    s.on('error', (error) => { console.log(error.code); process.exit(); });
    s.on('connect', () => s.end('hello\\n'));
    setTimeout(() => { console.log('silence'); process.exit(); }, ${waitMs});`;
  const [file = '', ...rest] = [...enter, process.execPath, '-e', program];
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  await once(child, 'close');
  return text.trim();
}

const outside = ['/usr/bin/env', '--'];
const oneHost = [{ name: 'alone', labels: {}, faults: [] }];
const sshGreeting = /^SSH-2\.0-OpenSSH/;

describe('a site of the lab', () => {
  let directory: string;
  let lab: Lab;
  let site: LabSite;
  let host: SocketAddress;
  let cloud: Server;
  let cloudPort: number;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
    const before = Object.keys(networkInterfaces());
    lab = await startLab({ stateDirectory: directory, sites: [{ name: 'closed', hosts: oneHost }], kind: 'openssh' });
    expect(Object.keys(networkInterfaces())).toEqual(before);
    site = lab.sites[0] as LabSite;
    host = { host: site.hosts[0]?.address ?? '', port: 22 };
    // Answers late, to somebody who has finished speaking: an uplink must carry that too.
    cloud = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('data', (text) => setTimeout(() => socket.end(`cloud heard ${text}`), 50));
      socket.on('error', () => socket.destroy());
    });
    await new Promise<void>((resolve) => cloud.listen(0, '127.0.0.1', resolve));
    cloudPort = (cloud.address() as AddressInfo).port;
  });
  afterAll(async () => {
    cloud?.close();
    await lab?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('shows its hosts to those inside, not to those outside', async () => {
    expect(await greetingFrom(site.enter, host)).toMatch(sshGreeting);
    expect(await greetingFrom(outside, host)).not.toMatch(sshGreeting);
  });

  it('has one way out, the uplink', async () => {
    expect(await greetingFrom(site.enter, { host: '127.0.0.1', port: cloudPort })).toBe('ECONNREFUSED');
    const uplink = await site.uplink({ host: '127.0.0.1', port: cloudPort });
    expect(await greetingFrom(site.enter, uplink)).toBe('cloud heard hello');
    expect(uplink.port).toBe(cloudPort);
    const second = await site.uplink({ host: '127.0.0.1', port: cloudPort });
    expect(second.port).not.toBe(cloudPort);
    expect(await greetingFrom(site.enter, second)).toBe('cloud heard hello');
    expect(await greetingFrom(outside, second)).toBe('ECONNREFUSED');
    await uplink.close();
    expect(await greetingFrom(site.enter, uplink)).toBe('ECONNREFUSED');
  });
});

describe('an outbound-only network', () => {
  let directory: string;
  let network: OutboundOnlyNetwork;
  let lab: Lab;
  let host: SocketAddress;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
    network = await startOutboundOnlyNetwork();
    const sites = [{ name: 'walled', hosts: oneHost, network: network.site }];
    lab = await startLab({ stateDirectory: directory, sites, kind: 'openssh' });
    host = { host: lab.sites[0]?.hosts[0]?.address ?? '', port: 22 };
  });
  afterAll(async () => {
    await lab?.stop();
    await network?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it('drops what comes from the cloud, and it is the firewall that does', async () => {
    const listener = startEcho(network.enterSite, 'satellite');
    const door: SocketAddress = { host: network.siteAddress, port: await listener.port };
    try {
      expect(await greetingFrom(network.enterSite, { ...door, host: '127.0.0.1' })).toBe('satellite heard hello');
      expect(await network.droppedInbound()).toBe(0);
      expect(await greetingFrom(network.enterCloud, door)).toBe('silence');
      const afterOne = await network.droppedInbound();
      expect(afterOne).toBeGreaterThan(0);
      expect(await greetingFrom(network.enterCloud, host)).toBe('silence');
      expect(await network.droppedInbound()).toBeGreaterThan(afterOne);

      await network.setInbound('accepted');
      expect(await greetingFrom(network.enterCloud, door)).toBe('satellite heard hello');
      expect(await greetingFrom(network.enterCloud, host)).toMatch(sshGreeting);
      await network.setInbound('dropped');
      expect(await greetingFrom(network.enterCloud, door)).toBe('silence');
    } finally {
      listener.stop();
    }
  });

  it('lets the site out to the cloud', async () => {
    const listener = startEcho(network.enterCloud, 'cloud');
    try {
      const port = await listener.port;
      expect(await greetingFrom(network.enterSite, { host: network.cloudAddress, port })).toBe('cloud heard hello');
      const uplink = await (lab.sites[0] as LabSite).uplink({ host: network.cloudAddress, port });
      expect(await greetingFrom(network.enterSite, uplink)).toBe('cloud heard hello');
      expect(await greetingFrom(outside, await network.cloudInlet(port))).toBe('cloud heard hello');
    } finally {
      listener.stop();
    }
  });
});

function startEcho(enter: string[], name: string): { port: Promise<number>; stop(): void } {
  const program = `const server = require('node:net').createServer((s) => s.on('data', (text) => s.end('${name} heard ' + text)).on('error', () => {}));
    server.listen(0, '0.0.0.0', () => console.log(server.address().port));`;
  const [file = '', ...rest] = [...enter, process.execPath, '-e', program];
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'inherit'] });
  return { port: once(child.stdout, 'data').then(([chunk]) => Number(chunk)), stop: () => child.kill('SIGKILL') };
}
