import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { LabDescription } from './main.ts';

const main = fileURLToPath(new URL('./main.ts', import.meta.url));
let directory: string;
let started: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sena-lab-'));
  started = [];
});
afterEach(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

/** Processes of this lab: they are its hosts' (told by their root's disk) or have its directory in their arguments. */
async function processesOfLab(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    try {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).replaceAll('\0', ' ');
      const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8');
      if (command.includes(directory) || mounts.includes(directory)) found.push(`${pid} ${command}`);
    } catch {
      // It ended while we looked.
    }
  }
  return found;
}

async function startMain(viaParent: boolean): Promise<{ child: ChildProcess; description: LabDescription }> {
  const argv = [main, '--state', directory, '--uplink-port', '1', '--kind', 'openssh'];
  const parent = `const child = require('node:child_process').spawn(process.execPath, ${JSON.stringify(argv)}, { stdio: 'inherit' }); child.ref();`;
  const child = spawn(process.execPath, viaParent ? ['-e', parent] : argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  const [line] = await once(createInterface({ input: child.stdout as NodeJS.ReadableStream }), 'line');
  return { child, description: JSON.parse(line) };
}

it('kill -9 of the lab ends all its hosts, and the next start finds a clean place', async () => {
  const { child, description } = await startMain(false);
  expect(description).toMatchObject({ ready: true, kind: 'openssh' });
  expect(description.sites.flatMap((site) => site.hosts)).toHaveLength(12);
  expect((await processesOfLab()).length).toBeGreaterThan(36);
  child.kill('SIGKILL');
  await expect.poll(processesOfLab, { timeout: 2_000 }).toEqual([]);
  const again = await startMain(false);
  expect(again.description.sites[0]?.hosts[0]?.hostKey).toBe(description.sites[0]?.hosts[0]?.hostKey);
  again.child.kill('SIGTERM');
  expect(await once(again.child, 'exit')).toEqual([0, null]);
  expect(await processesOfLab()).toEqual([]);
  expect((await readdir(directory)).sort()).toEqual(['identities', 'sites']);
});

it('kill -9 of the process that started the lab ends the lab', async () => {
  const { child } = await startMain(true);
  expect((await processesOfLab()).length).toBeGreaterThan(36);
  child.kill('SIGKILL');
  await expect.poll(processesOfLab, { timeout: 3_000 }).toEqual([]);
});
