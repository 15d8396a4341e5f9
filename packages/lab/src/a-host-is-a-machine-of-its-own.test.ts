import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab, LabHost, LabSite, LabSiteSpec } from './lab.ts';
import { runOnHost } from './run-on-host.ts';
import { startLab } from './start-lab.ts';

const sites: LabSiteSpec[] = ['north', 'south'].map((name) => ({
  name,
  hosts: [1, 2].map((number) => ({ name: `${name}-${number}`, labels: { number: `${number}` }, faults: [] })),
}));
const bootId = 'cat /proc/sys/kernel/random/boot_id';

describe('a lab host', () => {
  let directory: string;
  let lab: Lab;
  let site: LabSite;
  let host: LabHost;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
    lab = await startLab({ stateDirectory: directory, sites, kind: 'openssh' });
    site = lab.sites[0] as LabSite;
    host = site.hosts[0] as LabHost;
  });
  afterAll(async () => {
    await lab?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const on = (one: LabHost, command: string) => runOnHost(site, one, command);

  it('answers with its own name and boot id', async () => {
    const answers = await Promise.all(
      lab.sites.flatMap((one) => one.hosts.map((node) => runOnHost(one, node, `hostname; ${bootId}`))),
    );
    expect(answers.map((answer) => answer.stdout.split('\n')[0])).toEqual(['north-1', 'north-2', 'south-1', 'south-2']);
    const machine = (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
    const bootIds = answers.map((answer) => answer.stdout.split('\n')[1]);
    expect(new Set([machine, ...bootIds]).size).toBe(5);
  });

  it('pings its neighbours, by name', async () => {
    const { stdout, exitCode } = await on(host, 'ping -c 1 -W 5 north-2');
    expect(stdout).toMatch(/1 (?:packets )?received/);
    expect(exitCode).toBe(0);
  });

  it('sees only its own processes', async () => {
    const { stdout } = await on(host, 'ps -eo args --no-headers');
    expect(stdout).toMatch(/^\/bin\/sh \/etc\/lab\/init/);
    expect(stdout).not.toContain('vitest');
    expect(stdout.trim().split('\n').length).toBeLessThan(10);
  });

  it('keeps what is done to it to itself', async () => {
    const canary = join(directory, 'canary');
    await writeFile(canary, 'of the machine');
    const mark = `sena-lab-mark-${process.pid}`;
    const paths = ['/etc', '/usr/bin', '/var/tmp', '/tmp', '/root', '/dev', '/run', '/srv'].map(
      (path) => `${path}/${mark}`,
    );
    const { stdout, exitCode } = await on(
      host,
      `touch ${paths.join(' ')} && ls ${paths.join(' ')}; cat ${canary}; rm -f /usr/bin/yes`,
    );
    expect(stdout.trim().split('\n')).toEqual([...paths].sort());
    expect(exitCode).toBe(0);
    expect(paths.filter((path) => existsSync(path))).toEqual([]);
    expect(existsSync('/usr/bin/yes')).toBe(true);
    expect(hostname()).not.toBe(host.name);
    const neighbour = await on(site.hosts[1] as LabHost, `ls ${paths.join(' ')} | wc -l; ls /usr/bin/yes`);
    expect(neighbour.stdout).toBe('0\n/usr/bin/yes\n');
  });

  it('can not reach the machine behind it', async () => {
    const attempts = [
      'mount -t tmpfs x /mnt',
      'mknod /tmp/disk b 254 0',
      'echo 1 >/proc/sys/kernel/sysrq',
      'echo h >/proc/sysrq-trigger',
      'echo other >/proc/sys/kernel/hostname',
      'ip link add dummy0 type dummy',
      'nsenter --target 1 --mount true',
      'date -s 2001-01-01',
    ];
    for (const attempt of attempts) {
      const { exitCode } = await on(host, attempt);
      expect({ attempt, failed: exitCode !== 0 }).toEqual({ attempt, failed: true });
    }
  });

  it('survives a kill of everything: init brings sshd back', async () => {
    const other = site.hosts[1] as LabHost;
    const before = (await on(other, bootId)).stdout;
    expect((await on(other, 'kill -9 -1')).exitCode).toBeNull();
    await expect.poll(() => on(other, bootId).then(({ stdout }) => stdout, String), { timeout: 5_000 }).toBe(before);
    expect((await on(other, 'service shop status')).stdout).toBe('shop is dead and its pid file exists\n');
  });

  it('reboots, by the lab and from inside, with a new boot id and the same disk', async () => {
    const first = (await on(host, `${bootId}; echo kept >/etc/kept; echo lost >/run/lost`)).stdout;
    await host.reboot();
    const second = (await on(host, bootId)).stdout;
    expect(second).not.toBe(first);
    const reboot = await on(host, 'reboot; sleep 10');
    expect(reboot.exitCode).toBeNull();
    await expect
      .poll(() => on(host, bootId).then(({ stdout }) => stdout, String), { timeout: 5_000 })
      .toMatch(/^[0-9a-f-]{36}\n$/);
    const third = await on(
      host,
      `${bootId}; cat /etc/kept; ls /run/lost; cut -d. -f1 /proc/uptime; service shop status`,
    );
    expect(third.stdout.split('\n')[0]).not.toBe(second.trim());
    expect(third.stdout).toMatch(/\nkept\n\d\nshop is running/);
  });

  it('goes off, comes back, and loses its cable', async () => {
    const other = site.hosts[1] as LabHost;
    await other.stop();
    await expect(on(other, 'true')).rejects.toThrow();
    await other.reboot();
    expect((await on(other, 'hostname')).stdout).toBe('north-2\n');
    const running = on(other, 'sleep 0.6; echo done');
    await sleep(300);
    await other.setLink('down');
    await expect(Promise.race([running, sleep(1_000, 'silent')])).resolves.toBe('silent');
    await other.setLink('up');
    expect((await running).stdout).toBe('done\n');
  });

  it("accepts the site's key only, and logs who came", async () => {
    const stranger = { ...site, clientKeyPath: (lab.sites[1] as LabSite).clientKeyPath };
    await expect(runOnHost(stranger, host, 'true')).rejects.toThrow(/authentication/);
    expect(await host.sshdLog()).toMatch(/Accepted publickey for root .*ED25519/);
    expect((await stat(site.clientKeyPath)).mode & 0o777).toBe(0o600);
    const knownHosts = await readFile(site.knownHostsPath, 'utf8');
    expect(knownHosts).toMatch(new RegExp(`^\\[${host.address}\\]:22 ssh-ed25519 \\S+$`, 'm'));
  });

  it('keeps its host key from one start to the next, and one lab holds a directory', async () => {
    await expect(startLab({ stateDirectory: directory, sites, kind: 'openssh' })).rejects.toThrow(/already runs/);
    const other = await mkdtemp(join(tmpdir(), 'sena-lab-'));
    const fleet: LabSiteSpec[] = [{ name: 'one', hosts: [{ name: 'a', labels: {}, faults: [] }] }];
    const keys: unknown[] = [];
    for (let start = 0; start < 2; start += 1) {
      const again = await startLab({ stateDirectory: other, sites: fleet, kind: 'openssh' });
      keys.push(again.sites[0]?.hosts[0]?.hostKey);
      await again.stop();
    }
    await rm(other, { recursive: true, force: true });
    expect(keys[0]).toMatch(/^SHA256:[A-Za-z0-9+/]{43}$/);
    expect(keys[1]).toBe(keys[0]);
  });
});
