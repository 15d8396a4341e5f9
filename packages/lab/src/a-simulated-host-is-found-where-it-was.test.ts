import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { runOnHost } from './run-on-host.ts';
import { startLab } from './start-lab.ts';

it('after the next start too, unless its port is taken by then', async () => {
  const stateDirectory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
  onTestFinished(() => rm(stateDirectory, { recursive: true, force: true }));
  const hosts = ['sim-1', 'sim-2'].map((name) => ({ name, labels: {}, faults: [] }));
  const start = async () => {
    const lab = await startLab({ stateDirectory, sites: [{ name: 'models', hosts }], kind: 'simulated' });
    const [site] = lab.sites;
    if (site === undefined) throw new Error('the lab has no site');
    const names = await Promise.all(site.hosts.map(async (host) => (await runOnHost(site, host, 'hostname')).stdout));
    expect(names).toEqual(['sim-1\n', 'sim-2\n']);
    await lab.stop();
    return site.hosts.map(({ port }) => port);
  };
  const first = await start();
  expect(await start()).toEqual(first);

  const other = createServer().listen(first[0], '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const [moved, stayed] = await start();
  expect(moved).not.toBe(first[0]);
  expect(stayed).toBe(first[1]);
});
