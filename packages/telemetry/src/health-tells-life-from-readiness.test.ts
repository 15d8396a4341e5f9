import net from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { type HealthServer, startHealthServer } from './health-server.ts';
import { createLogger } from './logger.ts';

const servers: HealthServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.close();
});

async function start(ready: () => Promise<unknown>): Promise<(path: string) => Promise<number>> {
  const logger = createLogger('test', 'silent');
  const health = await startHealthServer({ host: '127.0.0.1', port: 0, ready, logger });
  servers.push(health);
  return async (path) => (await fetch(`http://127.0.0.1:${health.port}${path}`)).status;
}

test('it lives as long as it answers, and is ready while what it needs is there', async () => {
  let isBackThere = true;
  const get = await start(() => (isBackThere ? Promise.resolve() : Promise.reject(new Error('the database is away'))));
  expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 200]);
  isBackThere = false;
  expect([await get('/healthz'), await get('/readyz')]).toEqual([200, 503]);
});

test('there is nothing else to find', async () => {
  const get = await start(() => Promise.resolve());
  expect(await get('/metrics')).toBe(404);
  expect(await get('/readyz?x=1')).toBe(404);
});

test('a port in use is told to who starts it', async () => {
  const taken = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as net.AddressInfo;
  const logger = createLogger('test', 'silent');
  const starting = startHealthServer({ host: '127.0.0.1', port, ready: () => Promise.resolve(), logger });
  await expect(starting).rejects.toThrow(/EADDRINUSE/);
  taken.close();
});
