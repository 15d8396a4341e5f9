// The guard's scripts alone, under every shell that nodes have as `sh`.
import { execFile, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
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
const expiry = String(Math.ceil(Date.now() / 1_000) + 600);

// The shells beside each other, each in a directory of its own; the tests of one shell one after the other.
describe.concurrent.each([['dash'], ['busybox ash'], ['bash']])('under %s', (shell) => {
  let directory: string;
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'sena-guard-'));
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));
  const [program = '', ...before] = shell.split(' ');
  const script = (name: keyof typeof guardScripts, ...args: string[]) =>
    promisify(execFile)(program, [...before, '-c', guardScripts[name], 'sena', ...args]).then(({ stdout, stderr }) => ({
      stdout,
      answer: stderr.split('\n').at(-2) ?? '',
      stderr,
    }));
  const start = (id: string, command: string) => script('run', directory, id, bootId, expiry, 'M', 'sh', command);
  const find = (id: string, boot = bootId) => script('attach', directory, id, boot, expiry, 'M', '0', '0', 'find');
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
    expect(open.map((line) => line.split(`${directory}/${id}`)[1])).toEqual(['.o', '.e']);
  });

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
    const ask = () => script('attach', directory, id, bootId, longAgo, 'M', '0', '0', 'find');
    expect((await ask()).answer).toBe('M ended 0');
    await script('clean', directory);
    expect((await ask()).answer).toBe('M forgotten');
    expect(() => lockOf(id)).toThrow(/ENOENT/);
  });

  it('a starter that is killed changes nothing: the command goes on and is followed to its end', {
    concurrent: false,
  }, async () => {
    const id = randomUUID();
    const args = [...before, '-c', guardScripts.run, 'sena', directory, id, bootId, expiry, 'M', 'sh'];
    const starter = spawn(program, [...args, 'echo first; sleep 1; echo second; exit 3'], { stdio: 'ignore' });
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
    expect((await script('stop', directory, id, 'M', '20')).answer).toBe('M ended');
    expect((await running).answer).toBe('M ended TERM');
    const deaf = randomUUID();
    const deafening = start(deaf, 'trap "" TERM; echo ready; while :; do sleep 1; done');
    await until(() => safely(() => outputOf(deaf)) === 'ready\n');
    expect((await script('stop', directory, deaf, 'M', '1')).answer).toBe('M ended');
    await deafening;
    expect((await find(deaf)).answer).toBe('M ended KILL');
  });

  it('a following reader never plants a tombstone before the starter has come', { concurrent: false }, async () => {
    const id = randomUUID();
    const following = script('attach', directory, id, bootId, expiry, 'M', '0', '0', 'follow');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await start(id, 'sleep 0.3; echo late')).answer).toBe('M streamed');
    expect(await following).toMatchObject({ stdout: 'late\n', answer: 'M ended 0' });
  });

  it('an old lock goes a day after it expired, one that is valid stays', { concurrent: false }, async () => {
    const [old, valid] = [randomUUID(), randomUUID()];
    await script('run', directory, old, bootId, String(Math.floor(Date.now() / 1_000) - 90_000), 'M', 'sh', 'true');
    await start(valid, 'echo out');
    await script('clean', directory, valid);
    expect(() => lockOf(old)).toThrow(/ENOENT/);
    expect((await find(valid)).answer).toBe('M cleaned 0');
  });
});

function safely(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
