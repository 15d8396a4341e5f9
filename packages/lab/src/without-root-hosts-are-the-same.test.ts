import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LabKind } from './lab.ts';

const otherUser = 1_000;
let directory: string;
let started: ChildProcess | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
  if (process.getuid?.() === 0) await chown(directory, otherUser, otherUser);
});
afterEach(async () => {
  started?.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Runs as that user; prints what became of it as one JSON line, and ends by itself: a stopped lab holds nobody. */
const program = `
  const { startLab } = await import(${JSON.stringify(new URL('./start-lab.ts', import.meta.url).href)});
  const { runOnHost } = await import(${JSON.stringify(new URL('./run-on-host.ts', import.meta.url).href)});
  const { examineMachine } = await import(${JSON.stringify(new URL('./openssh/lab-machine.ts', import.meta.url).href)});
  const machine = await examineMachine();
  const hosts = [
    { name: 'broken', labels: {}, faults: ['full-disk', 'dead-service', 'unexpected-listener'] },
    { name: 'control', labels: {}, faults: [] },
  ];
  const lines = [];
  const lab = await startLab({ stateDirectory: process.argv[1], sites: [{ name: 'mine', hosts }], log: (line) => lines.push(line) });
  const [site] = lab.sites;
  const on = async (host, command) => (await runOnHost(site, host, command)).stdout;
  const ask = (host) => on(host, "hostname; df -P /srv/data | grep -c 100%; service shop status >/dev/null; echo $?; ss -Hltn | grep -c :4444; cat /proc/sys/kernel/random/boot_id");
  const before = [await ask(site.hosts[0]), await ask(site.hosts[1])];
  await site.hosts[1].reboot();
  const after = await ask(site.hosts[1]);
  await lab.stop();
  console.log(JSON.stringify({ kind: lab.kind, machine, lines, before, after }));
`;

it('another user gets real hosts where user namespaces are allowed, else simulated ones and the reason', async () => {
  const asUser =
    process.getuid?.() === 0 ? ['setpriv', `--reuid=${otherUser}`, `--regid=${otherUser}`, '--clear-groups'] : ['env'];
  const [file = '', ...rest] = [...asUser, process.execPath, '--input-type=module', '-e', program, directory];
  const child = spawn(file, rest, {
    cwd: fileURLToPath(new URL('.', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started = child;
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
  });
  expect(await once(child, 'close')).toEqual([0, null]);
  const result: { kind: LabKind; machine: { kind: string }; lines: string[]; before: string[]; after: string } =
    JSON.parse(text);
  expect(result.kind).toBe(result.machine.kind === 'fit' ? 'openssh' : 'simulated');
  expect(result.lines.some((line) => line.startsWith('simulated hosts: '))).toBe(result.kind === 'simulated');
  const [broken = '', control = ''] = result.before.map((answer) => answer.split('\n').slice(0, 4).join(' '));
  expect({ broken, control }).toEqual({ broken: 'broken 1 1 1', control: 'control 0 0 0' });
  expect(result.after.split('\n').slice(0, 4)).toEqual(['control', '0', '0', '0']);
  expect(result.after).not.toBe(result.before[1]);
});
