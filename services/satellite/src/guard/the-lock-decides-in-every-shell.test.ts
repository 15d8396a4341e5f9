// The guard's scripts alone, under every shell that nodes have as `sh`.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { guardScripts } from './guard-texts.ts';

const machineBoot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
const firstProcess = readFileSync('/proc/1/stat', 'utf8')
  .replace(/^.*\) /s, '')
  .split(' ')[19];
const bootId = `${machineBoot}.${firstProcess}`;
const nowSeconds = () => String(Math.floor(Date.now() / 1_000));
const expiry = String(Math.ceil(Date.now() / 1_000) + 600);

// The shells beside each other, each in a directory of its own; the tests of one shell one after the other.
describe.concurrent.each([['dash'], ['busybox ash'], ['bash']])('under %s', (shell) => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sena-guard-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const [program = '', ...before] = shell.split(' ');
  // The guard starts `sh` itself: on such a node that is this shell too.
  let env: NodeJS.ProcessEnv;
  beforeAll(async () => {
    const programs = mkdtempSync(join(directory, 'programs-'));
    const { stdout } = await promisify(execFile)('sh', ['-c', `command -v ${program}`]);
    symlinkSync(stdout.trim(), join(programs, 'sh'));
    env = { ...process.env, PATH: `${programs}:${process.env.PATH}` };
  });
  const script = async (name: keyof typeof guardScripts, ...args: string[]) => {
    const all = [...before, '-c', guardScripts[name], 'sena', ...args];
    const { stdout, stderr } = await promisify(execFile)(program, all, { env });
    return { stdout, answer: stderr.split('\n').at(-2) ?? '', stderr };
  };
  const start = (id: string, command: string) => script('run', directory, id, bootId, expiry, 'M', 'sh', command);
  const find = (id: string, boot = bootId) =>
    script('attach', directory, id, boot, expiry, 'M', '0', '0', 'find', nowSeconds());
  const lockOf = (id: string) => readFileSync(join(directory, `${id}.l`), 'utf8');
  const outputOf = (id: string) => readFileSync(join(directory, `${id}.o`), 'utf8');
  const until = async (look: () => boolean) => {
    while (!look()) await new Promise((resolve) => setTimeout(resolve, 10));
  };

  it('a command runs with its output, its code and its signal', { concurrent: false }, async () => {
    const id = randomUUID();
    expect(await start(id, 'echo out; echo err >&2; exit 7')).toEqual({
      stdout: 'out\n',
      stderr: 'err\nM ended 7\n',
      answer: 'M ended 7',
    });
    expect(await find(id)).toEqual({ stdout: 'out\n', stderr: 'err\nM ended 7\n', answer: 'M ended 7' });
    expect((await start(randomUUID(), 'kill -TERM $$')).answer).toBe('M ended TERM');
    expect((await start(randomUUID(), 'kill -KILL $$')).answer).toBe('M ended KILL');
    expect((await start(randomUUID(), 'exit 137')).answer).toBe('M ended 137');
    expect((await start(randomUUID(), 'exit 255')).answer).toBe('M ended 255');
  });

  it('the command gets the usual umask and signals, and none of the guard’s files', { concurrent: false }, async () => {
    const { stdout } = await start(randomUUID(), 'umask; trap; kill -INT $$; echo survived');
    expect(stdout).toBe('0022\n');
    const id = randomUUID();
    const open = (await start(id, 'ls -l /proc/self/fd')).stdout.split('\n').filter((line) => line.includes(directory));
    expect(open.map((line) => line.split(`${directory}/${id}`)[1])).toEqual(['.p (deleted)', '.p (deleted)']);
  });

  const startBounded = (id: string, most: number, command: string) =>
    script('run', directory, id, bootId, expiry, 'M', 'sh', command, String(most));
  const diskOf = (id: string) => Number(statSync(join(directory, `${id}.o`)).blocks) * 512;

  it('output beyond what anybody wants leaves the disk while the command runs, and the command notices nothing', async () => {
    const id = randomUUID();
    // Goes on once its output is cut: it waits for that in vain where nobody cuts it.
    const flood = `head -c 3000000 /dev/zero | tr '\\0' x
      n=0; until [ "$(stat -c %s ${directory}/${id}.o)" -le 100000 ]; do [ $((n += 1)) -gt 3000 ] && exit 9; sleep 0.02; done
      head -c 2000000 /dev/zero | tr '\\0' y; echo end; echo err >&2; exit 5`;
    const { stdout, answer } = await startBounded(id, 100_000, flood);
    expect(answer).toBe('M ended 5 5000004 4');
    expect(stdout).toBe('x'.repeat(100_000));
    expect(diskOf(id)).toBeLessThan(200_000);
    const again = await script('attach', directory, id, bootId, expiry, 'M', '99990', '0', 'find', nowSeconds());
    expect(again).toEqual({ stdout: 'x'.repeat(10), stderr: 'err\nM ended 5 5000004 4\n', answer });
    await script('clean', directory, nowSeconds(), id);
    expect(readdirSync(directory).filter((name) => name.startsWith(id))).toEqual([`${id}.l`]);
  }, 60_000);

  it('a command whose output is cut keeps its signal, and what it leaves running keeps its output', async () => {
    const id = randomUUID();
    const child = `(trap "" TERM; n=0; until [ -e ${directory}/${id}.go ] || [ $((n += 1)) -gt 3000 ]; do sleep 0.02; done; echo late && touch ${directory}/${id}.told) &`;
    const ended = await startBounded(id, 1_000, `${child} head -c 5000 /dev/zero; kill -TERM $$`);
    expect(ended.answer).toBe('M ended TERM 5000 0');
    expect(ended.stdout).toHaveLength(1_000);
    writeFileSync(join(directory, `${id}.go`), '');
    await until(() => readdirSync(directory).includes(`${id}.told`));
  }, 60_000);

  it('what a command writes to /dev/stdout and /dev/stderr by their names cuts nothing off', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    const words = 'echo a; echo b >/dev/stdout; echo c; echo A >&2; echo B >/dev/stderr; echo C >&2; exit 4';
    const told = { stdout: 'a\nb\nc\n', stderr: 'A\nB\nC\nM ended 4\n', answer: 'M ended 4' };
    expect(await start(id, words)).toEqual(told);
    expect(await find(id)).toEqual(told);
  });

  it('nor does it pass by what bounds the output', async () => {
    const id = randomUUID();
    // Goes on once its output is cut: it waits for that in vain where nobody cuts it.
    const flood = `head -c 3000000 /dev/zero >/dev/stdout
      n=0; until [ "$(stat -c %s ${directory}/${id}.o)" -le 100000 ]; do [ $((n += 1)) -gt 3000 ] && exit 9; sleep 0.02; done
      head -c 2000000 /dev/zero >/dev/stdout; exit 5`;
    const { stdout, answer } = await startBounded(id, 100_000, flood);
    expect(answer).toBe('M ended 5 5000000 0');
    expect(stdout).toHaveLength(100_000);
    expect(diskOf(id)).toBeLessThan(200_000);
  }, 60_000);

  it('every byte is there when the end is told, though another process carries them', {
    concurrent: false,
  }, async () => {
    for (let round = 0; round < 20; round += 1) {
      const { stdout, stderr } = await start(randomUUID(), 'head -c 60000 /dev/zero; head -c 50000 /dev/zero >&2');
      expect([stdout.length, stderr.length - 'M ended 0\n'.length]).toEqual([60_000, 50_000]);
    }
  });

  it('a path is no reason: only what the system says of room is a full disk', async () => {
    const home = join(directory, 'quota and space left');
    writeFileSync(home, '');
    chmodSync(directory, 0o755);
    const all = [...before, '-c', guardScripts.place, 'sena', 'M'];
    // As root it would be /var/lib of this machine.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { stderr } = await promisify(execFile)(program, all, { env: { ...env, HOME: home, LC_ALL: 'C' }, ...nobody });
    // bash, when its input looks to it like a connection, also misses its own file there.
    expect(stderr).toMatch(/^M unplaceable .*quota and space left.*: Not a directory$/m);
    expect(stderr).not.toMatch(/^M full/m);
  });

  it('a full disk does not end the command, and it is told that there was more', { concurrent: false }, async () => {
    const id = randomUUID();
    symlinkSync('/dev/full', join(directory, `${id}.o`));
    expect((await start(id, 'head -c 300000 /dev/zero; echo fine >&2; exit 5')).stderr).toBe('fine\nM ended 5 1 5\n');
  });

  it('output that is just what is wanted is all there, and nothing is said of a cut', async () => {
    const id = randomUUID();
    const { stdout, answer } = await startBounded(id, 1_000, 'head -c 1000 /dev/zero');
    expect([stdout.length, answer]).toEqual([1_000, 'M ended 0']);
  });

  it('a guard that is killed takes the one along that bounds its output', async () => {
    const id = randomUUID();
    const running = startBounded(id, 1_000, 'sleep 30');
    await until(() => /^s \S+ \d+ \d+ \d+$/m.test(safely(() => lockOf(id))));
    const pid = Number(lockOf(id).split(' ')[3]);
    await until(() => groupOf(pid).some((name) => name.endsWith('sleep 30')));
    process.kill(pid, 'SIGKILL');
    await running;
    const left = () => groupOf(pid).filter((name) => !name.endsWith('sleep 30'));
    await until(() => left().length === 0);
    process.kill(-pid, 'SIGKILL');
  }, 60_000);

  it('of many starts at once exactly one runs', { concurrent: false }, async () => {
    const id = randomUUID();
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => start(id, `echo ran >> ${directory}/${id}.effects`)),
    );
    expect(answers.filter(({ answer }) => answer === 'M ended 0')).toHaveLength(1);
    expect(answers.filter(({ answer }) => answer === 'M locked')).toHaveLength(11);
    expect(readFileSync(join(directory, `${id}.effects`), 'utf8')).toBe('ran\n');
  });

  it('a start and a search at once agree: it ran, or a tombstone says that it never will', {
    concurrent: false,
  }, async () => {
    for (let round = 0; round < 12; round += 1) {
      const id = randomUUID();
      const [started, found] = await Promise.all([start(id, 'true'), find(id)]);
      const agreement = [started.answer, found.answer].join(', ');
      expect(['M ended 0, M ended 0', 'M locked, M tombstone']).toContain(agreement.replace('M streamed', 'M ended 0'));
      expect(lockOf(id)).toMatch(agreement.includes('tombstone') ? /^t / : / 0 end\n$/);
    }
  });

  it('a tombstone outlives every later start', { concurrent: false }, async () => {
    const id = randomUUID();
    expect((await find(id)).answer).toBe('M tombstone');
    expect((await start(id, `touch ${directory}/${id}.ran`)).answer).toBe('M locked');
    expect((await find(id)).answer).toBe('M tombstone');
    expect(() => readFileSync(join(directory, `${id}.ran`))).toThrow(/ENOENT/);
  });

  it('without a lock, under another boot than it was sent in, nothing is proven', { concurrent: false }, async () => {
    expect((await find(randomUUID(), 'another-boot')).answer).toBe('M tombstone_of_another_boot');
  });

  it('so long after its expiry that a lock may have been removed, a missing one proves nothing', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    const longAgo = String(Math.floor(Date.now() / 1_000) - 90_000);
    expect((await script('run', directory, id, bootId, longAgo, 'M', 'sh', 'true')).answer).toBe('M ended 0');
    const ask = () => script('attach', directory, id, bootId, longAgo, 'M', '0', '0', 'find', nowSeconds());
    expect((await ask()).answer).toBe('M ended 0');
    await script('clean', directory, nowSeconds());
    expect((await ask()).answer).toBe('M forgotten');
    expect(() => lockOf(id)).toThrow(/ENOENT/);
  });

  it('a starter that is killed changes nothing: the command goes on and is followed to its end', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    const args = [...before, '-c', guardScripts.run, 'sena', directory, id, bootId, expiry, 'M', 'sh'];
    const starter = spawn(program, [...args, 'echo first; sleep 1; echo second; exit 3'], { stdio: 'ignore', env });
    await until(() => /^s \S+ \d+ \d+ \d+$/m.test(safely(() => lockOf(id))));
    starter.kill('SIGKILL');
    expect(await find(id)).toMatchObject({ stdout: 'first\nsecond\n', answer: 'M ended 3' });
  });

  it('a guard that is killed leaves no end: nobody guesses', { concurrent: false }, async () => {
    const id = randomUUID();
    const running = start(id, 'sleep 30');
    await until(() => /^s \S+ \d+ \d+ \d+$/m.test(safely(() => lockOf(id))));
    const [, , , pid] = lockOf(id).split(' ');
    process.kill(-Number(pid), 'SIGKILL');
    expect((await running).answer).toBe('M lost');
    expect((await find(id)).answer).toBe('M lost');
  });

  it('a stop ends the whole group, with KILL where TERM is ignored, and the end says so', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    const running = start(id, 'sleep 30 & echo ready; sleep 30');
    await until(() => safely(() => outputOf(id)) === 'ready\n');
    expect((await script('stop', directory, id, 'M', '20', 'timeout')).answer).toBe('M ended');
    expect((await running).answer).toBe('M ended TERM timeout');
    expect((await script('stop', directory, id, 'M', '20', 'cancelled')).answer).toBe('M had_ended');
    expect((await find(id)).answer).toBe('M ended TERM timeout');
    const deaf = randomUUID();
    const deafening = start(deaf, 'trap "" TERM; echo ready; while :; do sleep 1; done');
    await until(() => safely(() => outputOf(deaf)) === 'ready\n');
    expect((await script('stop', directory, deaf, 'M', '1', 'cancelled')).answer).toBe('M ended');
    await deafening;
    expect((await find(deaf)).answer).toBe('M ended KILL cancelled');
  });

  it('a stop whose end can not be written says so, and nothing is told as ended that has no end', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    // For root every file can be written: somebody else runs it, on a disk where the lock is somebody else's from now on.
    const somebody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const place = mkdtempSync(join(tmpdir(), 'sena-guard-ro-'));
    chmodSync(place, 0o777);
    const programs = mkdtempSync(join(place, 'programs-'));
    chmodSync(programs, 0o755);
    symlinkSync(realpathSync(join(env.PATH?.split(':')[0] ?? '', 'sh')), join(programs, 'sh'));
    const options = { ...somebody, cwd: place, env: { ...env, PATH: `${programs}:${process.env.PATH}` } };
    const run = async (name: keyof typeof guardScripts, ...args: string[]) => {
      const all = [...before, '-c', guardScripts[name], 'sena', place, id, ...args];
      return (await promisify(execFile)(program, all, options)).stderr.split('\n').at(-2);
    };
    const running = run('run', bootId, expiry, 'M', 'sh', 'echo ready; sleep 300');
    const lock = join(place, `${id}.l`);
    await until(() => /^s \S+ \d+ \d+ \d+$/m.test(safely(() => readFileSync(lock, 'utf8'))));
    if (process.getuid?.() === 0) chownSync(lock, 0, 0);
    chmodSync(lock, 0o444);
    expect(await run('stop', 'M', '20', 'timeout')).toBe('M unwritten');
    expect(await running).toBe('M lost');
    expect(await run('attach', bootId, expiry, 'M', '0', '0', 'find', nowSeconds())).toBe('M lost');
    rmSync(place, { recursive: true });
  });

  it('what is dead and never reaped does not keep a stop from being proven', { concurrent: false }, async () => {
    const id = randomUUID();
    // A child of the group whose parent has left it, and reaps nobody: as the first process of some containers.
    const parent = join(directory, `${id}.parent`);
    const leaves = `sh -c 'echo $$ >${parent}; sleep 0.01 & exec setsid sleep 300' & `;
    const running = start(id, `${leaves} sleep 300`);
    await until(() => /^s \S+ \d+ \d+ \d+$/m.test(safely(() => lockOf(id))));
    const group = Number(lockOf(id).split(' ')[3]);
    await until(() => statesOf(group).includes('Z'));
    expect((await script('stop', directory, id, 'M', '5', 'timeout')).answer).toBe('M ended');
    expect((await running).answer).toBe('M ended TERM timeout');
    expect([...new Set(statesOf(group))]).toEqual(['Z']);
    process.kill(Number(readFileSync(parent, 'utf8')), 'SIGKILL');
  });

  it('one that has ended by itself is not stopped while its guard puts its output on disk', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    // A disk that takes its time.
    const slow = mkdtempSync(join(directory, 'slow-'));
    writeFileSync(join(slow, 'sync'), `#!/bin/sh\nuntil [ -e ${slow}/go ]; do sleep 0.05; done\n`, { mode: 0o755 });
    const args = [...before, '-c', guardScripts.run, 'sena', directory, id, bootId, expiry, 'M', 'sh'];
    const slowly = { ...env, PATH: `${slow}:${env.PATH}` };
    const ending = promisify(execFile)(program, [...args, 'echo out; exit 7', '1000'], { env: slowly });
    await until(() => /^s \S+ \d+ \d+ \d+ 7$/m.test(safely(() => lockOf(id))));
    const stopping = script('stop', directory, id, 'M', '1', 'timeout');
    await new Promise((resolve) => setTimeout(resolve, 500));
    writeFileSync(join(slow, 'go'), '');
    expect((await stopping).answer).toBe('M had_ended');
    expect((await ending).stderr).toBe('M ended 7\n');
    expect((await find(id)).answer).toBe('M ended 7');
  });

  it('one that has ended by itself is not called stopped either where that never gets to disk', {
    concurrent: false,
    timeout: 60_000,
  }, async () => {
    const id = randomUUID();
    const stuck = mkdtempSync(join(directory, 'stuck-'));
    writeFileSync(join(stuck, 'sync'), '#!/bin/sh\nexec sleep 300\n', { mode: 0o755 });
    const args = [...before, '-c', guardScripts.run, 'sena', directory, id, bootId, expiry, 'M', 'sh'];
    const stuckly = { ...env, PATH: `${stuck}:${env.PATH}` };
    const ending = promisify(execFile)(program, [...args, 'echo out; exit 7', '1000'], { env: stuckly });
    await until(() => /^s \S+ \d+ \d+ \d+ 7$/m.test(safely(() => lockOf(id))));
    expect((await script('stop', directory, id, 'M', '0', 'timeout')).answer).toBe('M had_ended');
    await ending;
    expect((await find(id)).answer).toBe('M ended 7');
  });

  it('a following reader never plants a tombstone before the starter has come', { concurrent: false }, async () => {
    const id = randomUUID();
    const following = script('attach', directory, id, bootId, expiry, 'M', '0', '0', 'follow', nowSeconds());
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await start(id, 'sleep 0.3; echo late')).answer).toBe('M streamed');
    expect(await following).toMatchObject({ stdout: 'late\n', answer: 'M ended 0' });
  });

  it('a node whose clock is far ahead for a while forgets nothing, and one whose clock is behind forgets late', {
    concurrent: false,
  }, async () => {
    const [ended, planted, old] = [randomUUID(), randomUUID(), randomUUID()];
    await start(ended, 'echo out; exit 4');
    expect((await find(planted)).answer).toBe('M tombstone');
    await script('run', directory, old, bootId, String(Number(nowSeconds()) - 90_000), 'M', 'sh', 'true');
    const programs = mkdtempSync(join(directory, 'clock-'));
    const setClock = (byDays: number) =>
      writeFileSync(join(programs, 'date'), `#!/bin/sh\necho ${Number(nowSeconds()) + byDays * 86_400}\n`, {
        mode: 0o755,
      });
    const onThatClock = { env: { ...env, PATH: `${programs}:${env.PATH}` } };
    const wrong = async (name: keyof typeof guardScripts, ...args: string[]) => {
      const all = [...before, '-c', guardScripts[name], 'sena', directory, ...args];
      return (await promisify(execFile)(program, all, onThatClock)).stderr.split('\n').at(-2);
    };
    setClock(-30);
    await wrong('clean', nowSeconds());
    expect(lockOf(old)).toMatch(/^s /);
    setClock(30);
    await wrong('clean', nowSeconds());
    expect(() => lockOf(old)).toThrow(/ENOENT/);
    expect(await find(ended)).toMatchObject({ stdout: 'out\n', answer: 'M ended 4' });
    expect((await start(planted, `touch ${directory}/${planted}.ran`)).answer).toBe('M locked');
    // While its clock is wrong, too: what was never there can't have been removed.
    const never = randomUUID();
    expect(await wrong('attach', never, bootId, expiry, 'M', '0', '0', 'find', nowSeconds())).toBe('M tombstone');
    expect((await start(never, 'true')).answer).toBe('M locked');
  });

  it('an old lock goes a day after it expired, one that is valid stays', { concurrent: false }, async () => {
    const [old, valid] = [randomUUID(), randomUUID()];
    await script('run', directory, old, bootId, String(Math.floor(Date.now() / 1_000) - 90_000), 'M', 'sh', 'true');
    await start(valid, 'echo out');
    await script('clean', directory, nowSeconds(), valid);
    expect(() => lockOf(old)).toThrow(/ENOENT/);
    expect((await find(valid)).answer).toBe('M cleaned 0');
  });
});

/** What runs in a process group. */
function groupOf(group: number): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    const stat = safely(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const [state, , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (state === undefined || state === 'Z' || Number(itsGroup) !== group) return [];
    return [
      safely(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
        .replaceAll('\0', ' ')
        .trim(),
    ];
  });
}

/** Of everything in a process group, also of what is dead. */
function statesOf(group: number): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    const stat = safely(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
    const [state = '', , itsGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(itsGroup) === group ? [state] : [];
  });
}

function safely(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
