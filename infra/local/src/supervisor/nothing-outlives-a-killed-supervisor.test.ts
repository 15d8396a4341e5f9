import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sena/testing/eventually';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { processIdentity } from './process-identity.ts';
import { endOrphans, openProcessTable } from './process-table.ts';

let directory: string;
let table: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sena-processes-'));
  table = path.join(directory, 'processes.json');
});
afterEach(() => rmSync(directory, { recursive: true }));

test('after kill -9 of the supervisor its processes end by themselves', async () => {
  const program = fileURLToPath(new URL('./fixtures/small-supervisor.ts', import.meta.url));
  const supervisor = spawn(process.execPath, [program, table], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface({ input: supervisor.stdout }), 'line')) as [string];
  const { pid } = JSON.parse(line) as { pid: number };
  expect(processIdentity(pid)).not.toBe(null);
  expect(readFileSync(table, 'utf8')).toContain(String(pid));
  supervisor.kill('SIGKILL');
  await eventually('its process is gone', () => processIdentity(pid) === null);
});

test('what did not end by itself is ended by the next start', async () => {
  const orphan = await startLeader([
    '-e',
    'process.on("SIGTERM", () => {}); console.log("up"); setInterval(() => {}, 9e4)',
  ]);
  openProcessTable(table, fail).add('gateway', Number(orphan.pid));
  expect(await endOrphans(table, 200)).toEqual(['gateway']);
  await eventually('it is gone', () => processIdentity(Number(orphan.pid)) === null);
  expect(await endOrphans(table, 200)).toEqual([]);
});

test('a table that can not be written is told of and ends nothing', async () => {
  const orphan = await startLeader(['-e', 'console.log("up"); setInterval(() => {}, 9e4)']);
  const errors: Error[] = [];
  const open = openProcessTable(table, (error) => errors.push(error));
  rmSync(directory, { recursive: true });
  open.add('gateway', Number(orphan.pid));
  mkdirSync(directory);
  orphan.kill('SIGKILL');
  expect(errors.map((error) => error.message)).toEqual([expect.stringContaining('ENOENT')]);
});

test('a process that merely has the number of a recorded one is left alone', async () => {
  const stranger = await startLeader(['-e', 'console.log("up"); setInterval(() => {}, 9e4)']);
  const pid = Number(stranger.pid);
  try {
    openProcessTable(table, fail).add('gateway', pid);
    const records = readFileSync(table, 'utf8').replace(processIdentity(pid) ?? '', 'another-boot:1');
    rmSync(table);
    writeFileSync(table, records);
    expect(await endOrphans(table, 200)).toEqual([]);
    expect(processIdentity(pid)).not.toBe(null);
  } finally {
    stranger.kill('SIGKILL');
  }
});

function fail(error: Error): never {
  throw error;
}

async function startLeader(args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  await once(createInterface({ input: child.stdout }), 'line');
  return child;
}
