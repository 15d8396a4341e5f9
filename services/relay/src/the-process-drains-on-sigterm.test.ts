import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { type Bench, openBench } from '@sena/runs/fixtures/open-bench';
import { eventually } from '@sena/testing/eventually';
import { freePort } from '@sena/testing/free-port';
import type { SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { connect, resultOf } from './fixtures/scripted-satellite.ts';

let bench: Bench;
let relay: ChildProcess | undefined;
beforeAll(async () => {
  bench = await openBench();
});
afterEach(() => relay?.kill('SIGKILL'));
afterAll(() => bench.close());

function start(environment: Record<string, string>): ChildProcess {
  relay = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], {
    env: { PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return relay;
}

test('it starts from its environment, answers for its health, and on SIGTERM lets go of its satellites and exits 0', async () => {
  const port = await freePort();
  const { urls } = bench.database;
  const child = start({
    PORT: `${port}`,
    DATABASE_URL: urls.relay,
    QUEUE_DATABASE_URL: urls.queue,
    RELAY_ID: 'relay-main',
  });
  const exited = once(child, 'exit');
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  await eventually('it is ready', async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok, {
    timeoutMs: 10_000,
  });

  const fleet = await bench.seedFleet({ nodes: 1 });
  const satellite = fleet.satellites[0] as SeededSatellite;
  const tunnel = await connect(port, satellite);
  tunnel.send(resultOf(crypto.randomUUID()));
  await tunnel.next('outcome-ack');
  child.kill('SIGTERM');
  expect((await tunnel.closed).code).toBe(1012);
  expect(await exited).toEqual([0, null]);
  const held = await bench.admin.query('select relay_id from satellites where id = $1', [satellite.id]);
  expect(held.rows[0].relay_id).toBeNull();
  for (const line of output.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ service: 'relay' });
  expect(output).not.toContain('test-sena_relay');
});

test('without its database address it says which setting is missing', async () => {
  const child = start({ PORT: '0' });
  let errors = '';
  child.stderr?.on('data', (data) => {
    errors += data;
  });
  const [code] = await once(child, 'exit');
  expect(code).not.toBe(0);
  expect(errors).toContain('DATABASE_URL');
});
