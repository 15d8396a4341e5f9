import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { holdInstanceLock } from './hold-instance-lock.ts';
import { refuseUsedPort } from './refuse-used-port.ts';

const url = 'http://localhost:4700';
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), 'sena-lock-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

async function startHolder(state: string) {
  const lockModule = new URL('./hold-instance-lock.ts', import.meta.url).href;
  const program = `const { holdInstanceLock } = await import(${JSON.stringify(lockModule)});
    const lock = await holdInstanceLock(${JSON.stringify(directory)}, ${JSON.stringify(url)});
    lock.announce(${JSON.stringify(state)});
    console.log('held');
    process.on('SIGTERM', () => { lock.release(); process.exit(0); });
    setInterval(() => undefined, 60_000);`;
  const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await once(createInterface({ input: holder.stdout }), 'line');
  return holder;
}

test('a second start names the address and the process, and what to do', async () => {
  const holder = await startHolder('up');
  await expect(holdInstanceLock(directory, url)).rejects.toThrow(
    `SENA is already running from this checkout: ${url} (process ${holder.pid}). Open it there. To start anew, stop it first: Ctrl-C in its terminal, or kill ${holder.pid}.`,
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
});

test('after kill -9 of the first, the next start gets the lock', async () => {
  const holder = await startHolder('up');
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  (await holdInstanceLock(directory, url)).release();
});

test('a start during a stop waits for the end of the stop', async () => {
  const holder = await startHolder('stopping');
  const waited: number[] = [];
  setTimeout(() => holder.kill('SIGTERM'), 400);
  const lock = await holdInstanceLock(directory, url, ({ pid }) => waited.push(pid));
  expect(waited).toEqual([holder.pid]);
  lock.release();
});

test('a port in use is named together with the variable that changes it', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as { port: number };
  await expect(refuseUsedPort(port)).rejects.toThrow(
    `Port ${port} on 127.0.0.1 is in use by another program. Stop that program, or choose another port: SENA_PORT=`,
  );
  await new Promise((resolve) => other.close(resolve));
  await refuseUsedPort(port);
});
