import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Lab, LabHost, LabSite } from './lab.ts';
import { runOnHost } from './run-on-host.ts';
import { startLab } from './start-lab.ts';

describe('a simulated host', () => {
  let directory: string;
  let lab: Lab;
  let site: LabSite;
  let host: LabHost;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
    const hosts = ['sim-1', 'sim-2'].map((name) => ({ name, labels: {}, faults: [] }));
    lab = await startLab({ stateDirectory: directory, sites: [{ name: 'models', hosts }], kind: 'simulated' });
    site = lab.sites[0] as LabSite;
    host = site.hosts[0] as LabHost;
  });
  afterAll(async () => {
    await lab?.stop();
    await rm(directory, { recursive: true, force: true });
  });
  const on = (command: string, one = host) => runOnHost(site, one, command);

  it('never pretends to be real', async () => {
    expect(lab.kind).toBe('simulated');
    expect((await on('uname -r; cat /etc/os-release')).stdout).toMatch(/simulated\n.*Simulated host/);
    expect(site.enter).toEqual([]);
  });

  it('answers what operators ask', async () => {
    expect((await on('hostname')).stdout).toBe('sim-1\n');
    expect((await on('hostname', site.hosts[1])).stdout).toBe('sim-2\n');
    expect((await on('df -P -k')).stdout).toMatch(
      /^Filesystem +1024-blocks +Used +Available +Capacity +Mounted on\nroot +262144 /,
    );
    const { stdout } = await on('ps -eo pid,user,rss,comm --sort=-rss | head -n 3');
    expect(stdout).toMatch(/^ *PID USER +RSS COMMAND\n +\d+ root +9400 sshd\n +\d+ root +6400 shop\n$/);
  });

  it('says 127 for a program it does not have and 2 for an option or a syntax it does not know', async () => {
    expect(await on('frobnicate --now')).toEqual({
      stdout: '',
      stderr: 'sh: 1: frobnicate: not found\n',
      exitCode: 127,
    });
    expect(await on('df --frobnicate')).toMatchObject({
      stdout: '',
      exitCode: 2,
      stderr: expect.stringContaining('not known'),
    });
    expect(await on('sleep 1 & echo yes')).toMatchObject({ stdout: '', exitCode: 2 });
    expect(await on("echo 'open")).toMatchObject({ stdout: '', exitCode: 2 });
    expect(await on('cat /nowhere; echo $?')).toEqual({
      stdout: '1\n',
      stderr: 'cat: /nowhere: No such file or directory\n',
      exitCode: 0,
    });
  });

  it.for([
    `a=1; b="$a 2"; echo $b "$b" '$b' \${c:-3} \${#b}`,
    'for x in one "two three"; do echo "<$x>"; done | wc -l',
    'if [ 3 -gt 2 ] && ! false; then echo yes; else echo no; fi',
    'n=0; while [ "$n" -lt 3 ]; do n=$((n + 1)); done; echo $n',
    'f() { case $1 in a*|b) echo first;; *) echo "other $1";; esac; }; f apple; f b; f c',
    `x=/srv/data/file.tar.gz; echo \${x##*/} \${x%.*} \${x%%.*} \${x#*/}`,
    '(exit 3) || echo $?; false || true && echo on',
    'echo out; echo err >&2; { echo a; echo b >&2; } 2>/dev/null',
    'printf "one\\ntwo\\n" | while read line; do echo "[$line]"; done',
    'echo $(echo "a   b") "$(echo "a   b")"',
    `env -i PATH=/usr/bin:/bin sh -c 'echo "$1-$#"; exec "$@" </dev/null' sena echo done`,
    `sh -c 'eval "$(printf %b "$1")"' sena "echo \\\\0047a\\\\0044b\\\\0047"`,
    'exec echo last; echo never',
    'set -- a "b c"; echo "$@" $#; shift; for x in "$@"; do echo "[$x]"; done',
    'printf "b 2\\na 10\\nc 1\\n" | sort -k 2 -n | head -n 2 | cut -d " " -f 1 | tr a-z A-Z',
    'printf "x=1\\ny=2\\nx=3\\n" | grep -c ^x; echo abc123 | grep -o "[0-9][0-9]*"; echo "a|b" | grep -E "a\\|b"',
    'exit 7',
    'false',
    'nowhere-to-be-found',
  ])('reads the shell as sh does: %s', async (command) => {
    const real = spawnSync('sh', ['-c', command], { encoding: 'utf8' });
    expect(real.stdout.length + (real.status ?? 0)).toBeGreaterThan(0);
    expect(await on(command)).toMatchObject({ stdout: real.stdout, exitCode: real.status });
  });

  it('expands patterns over its own files', async () => {
    expect((await on('echo /etc/init.d/*')).stdout).toBe('/etc/init.d/metrics /etc/init.d/shop /etc/init.d/ssh\n');
    expect((await on("find /run -maxdepth 2 -name '*.pid'")).stdout).toBe(
      '/run/metrics.pid\n/run/shop.pid\n/run/sshd.pid\n',
    );
  });

  it('keeps what is changed', async () => {
    expect(await on('mkdir /tmp/x && echo 1 >/tmp/x/y && cat /tmp/x/y; ls -d /tmp/x; mkdir /tmp/x')).toEqual({
      stdout: '1\n/tmp/x\n',
      stderr: "mkdir: cannot create directory '/tmp/x': File exists\n",
      exitCode: 1,
    });
    expect((await on('cat /tmp/x/y')).stdout).toBe('1\n');
    expect(
      (await on('kill -9 $(cat /run/shop.pid); service shop status; service shop restart; service shop status')).stdout,
    ).toMatch(/^shop is dead and its pid file exists\nshop is not running\nshop started\nshop is running/);
  });

  it('ends a command that is killed, by signal', async () => {
    const sleeping = on('echo $$; sleep 60', host);
    let pid: string | undefined;
    await expect
      .poll(async () => {
        pid = /^ *(\d+) sh -c echo/m.exec((await on('ps -eo pid,args')).stdout)?.[1];
        return pid;
      })
      .toBeDefined();
    await on(`kill -9 -${pid}`);
    expect(await sleeping).toEqual({ stdout: `${pid}\n`, stderr: '', exitCode: null });
    expect((await on(`kill -0 -${pid}`)).stderr).toContain('No such process');
  });

  it('reboots, goes off, and loses its cable', async () => {
    const other = site.hosts[1] as LabHost;
    const bootId = 'cat /proc/sys/kernel/random/boot_id';
    const first = (await on(bootId, other)).stdout;
    await other.reboot();
    expect((await on(bootId, other)).stdout).not.toBe(first);
    const running = on('sleep 0.5; echo done', other);
    await sleep(200);
    await other.setLink('down');
    await expect(Promise.race([running, sleep(800, 'silent')])).resolves.toBe('silent');
    await other.setLink('up');
    expect((await running).stdout).toBe('done\n');
    await other.stop();
    await expect(on('true', other)).rejects.toThrow();
  });
});
