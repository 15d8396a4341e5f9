import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault, Lab, LabHost, LabKind, LabSite } from './lab.ts';
import { runOnHost } from './run-on-host.ts';
import { startLab } from './start-lab.ts';

// Every host has one fault and is a control for all the others.
const faults: Fault[] = [
  'full-disk',
  'inodes-exhausted',
  'dead-service',
  'cpu-hog',
  'memory-hog',
  'expired-certificate',
  'unexpected-listener',
  'old-package',
];

/** What an operator would type, and whether the answer shows the fault. */
const operators: Record<Fault, { command: string; shows: (stdout: string) => boolean }> = {
  'full-disk': {
    command: 'df -P /srv/data | tail -n 1',
    shows: (stdout) => Number(/(\d+)%/.exec(stdout)?.[1]) >= 95,
  },
  'inodes-exhausted': {
    command: 'df -P -i /srv/spool | tail -n 1',
    shows: (stdout) => Number(/(\d+)%/.exec(stdout)?.[1]) >= 99,
  },
  'dead-service': {
    command: 'service shop status; ls /run/shop.pid; ps -C shop -o pid=',
    shows: (stdout) => /shop is dead and its pid file exists\n\/run\/shop.pid\n$/.test(stdout),
  },
  'cpu-hog': {
    command: 'sleep 1; ps -eo etimes,pcpu,comm --no-headers | grep reindex',
    shows: (stdout) => Number(/([\d.]+) reindex/.exec(stdout)?.[1]) >= 15,
  },
  'memory-hog': {
    command: 'ps -eo rss,comm --no-headers --sort=-rss | head -n 1',
    shows: (stdout) => Number(/^\s*(\d+)/.exec(stdout)?.[1]) >= 250 * 1024,
  },
  'expired-certificate': {
    command: 'openssl x509 -noout -checkend 31536000 -in /etc/nginx/ssl/shop.pem',
    shows: (stdout) => /will expire/.test(stdout),
  },
  'unexpected-listener': {
    command: 'ss -Hltn',
    shows: (stdout) => / 0\.0\.0\.0:4444 /.test(stdout),
  },
  'old-package': {
    command: 'dpkg-query -W shop; cat /opt/shop/VERSION',
    shows: (stdout) => stdout === 'shop\t2.3.0-1\n2.3.0\n',
  },
};

const kinds: LabKind[] = ['openssh', 'simulated'];

describe.for(kinds)('a planted fault shows on its host and on no other: %s', (kind) => {
  let directory: string;
  let lab: Lab;
  let site: LabSite;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
    const hosts = faults.map((fault) => ({ name: `with-${fault}`, labels: {}, faults: [fault] }));
    lab = await startLab({ stateDirectory: directory, sites: [{ name: 'faults', hosts }], kind });
    site = lab.sites[0] as LabSite;
  });
  afterAll(async () => {
    await lab?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  it.for(faults)('%s', async (fault) => {
    const { command, shows } = operators[fault];
    const answers = await Promise.all(
      site.hosts.map(async (host: LabHost) => {
        const { stdout } = await runOnHost(site, host, command);
        return { host: host.name, shown: shows(stdout), stdout };
      }),
    );
    expect(answers.filter((answer) => answer.shown).map((answer) => answer.host)).toEqual([`with-${fault}`]);
  });

  it('every other service runs and answers', async () => {
    const answers = await Promise.all(
      site.hosts.map((host) =>
        runOnHost(site, host, 'service --status-all 2>&1; service metrics status; service ssh status'),
      ),
    );
    for (const [index, { stdout }] of answers.entries()) {
      expect(stdout).toContain(' [ + ]  metrics');
      expect(stdout).toContain(' [ + ]  ssh');
      expect(stdout).toContain(faults[index] === 'dead-service' ? ' [ - ]  shop' : ' [ + ]  shop');
      expect(stdout).toMatch(/metrics is running \(pid \d+\)\nssh is running/);
    }
  });

  it('a dead service can be brought back by restarting it', async () => {
    const host = site.hosts.find((one) => one.faults.includes('dead-service')) as LabHost;
    const { stdout, exitCode } = await runOnHost(site, host, 'service shop restart && service shop status');
    expect({ stdout, exitCode }).toEqual({
      stdout: expect.stringMatching(/shop started\nshop is running/),
      exitCode: 0,
    });
  });
});
