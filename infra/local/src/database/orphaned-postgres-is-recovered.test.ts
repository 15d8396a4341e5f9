import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { eventually } from '@sena/testing/eventually';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { silentReport } from '../report/report.ts';
import { openSupervisor, type Supervisor } from '../supervisor/open-supervisor.ts';
import { processIdentity } from '../supervisor/process-identity.ts';
import { runEmbeddedPostgres } from './run-embedded-postgres.ts';

const password = 'a-password-for-this-test';
let directory: string;
let supervisor: Supervisor;
const said: string[] = [];
beforeAll(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sena-postgres-'));
  chmodSync(directory, 0o711);
  supervisor = openSupervisor({ report: silentReport((line) => said.push(line)), table: null });
});
afterAll(async () => {
  await supervisor.stop();
  rmSync(directory, { recursive: true });
});

test('a PostgreSQL that a killed start left behind is ended, and what was committed is there', async () => {
  const program = fileURLToPath(new URL('./fixtures/postgres-left-behind.ts', import.meta.url));
  const first = spawn(process.execPath, [program, directory, password], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => {
    first.kill('SIGKILL');
  });
  const [line] = (await once(createInterface({ input: first.stdout }), 'line')) as [string];
  const { pid } = JSON.parse(line) as { pid: number };
  first.kill('SIGKILL');
  await once(first, 'exit');
  expect(processIdentity(pid)).not.toBe(null);

  const adminUrl = await runEmbeddedPostgres(directory, password, supervisor);
  expect(processIdentity(pid)).toBe(null);
  expect(said).toContain(`  ended the PostgreSQL of an earlier start (process ${pid})`);
  expect(await ask(adminUrl, 'select n from kept')).toEqual([{ n: 42 }]);
  await supervisor.stop();
});

test('a stale postmaster.pid with the number of another program harms nobody', async () => {
  const stranger = spawn('sleep', ['600'], { stdio: 'ignore' });
  try {
    writeFileSync(path.join(directory, 'postgres', 'postmaster.pid'), `${stranger.pid}\n${directory}\n`);
    chmodSync(path.join(directory, 'postgres', 'postmaster.pid'), 0o644);
    supervisor = openSupervisor({ report: silentReport(), table: null });
    await runEmbeddedPostgres(directory, password, supervisor);
    expect(processIdentity(Number(stranger.pid))).not.toBe(null);
  } finally {
    stranger.kill('SIGKILL');
  }
});

test('a postmaster that is killed comes back with the same address', async () => {
  const pid = Number(readFileSync(path.join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  process.kill(pid, 'SIGKILL');
  const again = () => Number(readFileSync(path.join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  await eventually('another postmaster', () => again() !== pid, { timeoutMs: 10_000 });
});

async function ask(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
