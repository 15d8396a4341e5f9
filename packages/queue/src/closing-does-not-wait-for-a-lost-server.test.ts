// Who is told to stop while the queue's server is away stops: a deploy in the middle of an outage must not hang.
import { setTimeout as sleep } from 'node:timers/promises';
import { newId } from '@sena/contracts/ids';
import { createLogger } from '@sena/telemetry/logger';
import { openHalfOpenLine } from '@sena/testing/half-open-line';
import { createTestDatabase } from '@sena/testing/postgres';
import { startRedis } from '@sena/testing/redis';
import { describe, expect, test } from 'vitest';
import { type JobQueue, openQueue } from './open-queue.ts';

const logger = createLogger('test', 'silent');
const job = () => ({ organizationId: newId('org'), runId: newId('run'), traceparent: null });

interface Server {
  readonly queue: JobQueue;
  lose(): Promise<void>;
  end(): Promise<void>;
}

async function onRedis() {
  const redis = await startRedis();
  const queue = await openQueue({ kind: 'redis', url: redis.url }, { logger });
  return { queue, lose: () => redis.kill(), end: () => redis.stop(), startAgain: () => redis.startAgain() };
}

async function onPostgres(): Promise<Server & { fallSilent(): void }> {
  const database = await createTestDatabase();
  const line = await openHalfOpenLine(database.urls.queue);
  const queue = await openQueue({ kind: 'postgres', url: line.over(database.urls.queue) }, { logger });
  const end = async () => {
    line.stop();
    await database.drop();
  };
  return { queue, lose: async () => line.stop(), fallSilent: () => line.fallSilent(), end };
}

/** Its connections look alive, and nothing comes over them any more. */
async function onSilentPostgres(): Promise<Server> {
  const server = await onPostgres();
  return { ...server, lose: async () => server.fallSilent() };
}

/** Works on one job that lasts `jobMs`; resolves when the job has begun, with what tells whether it is done. */
async function workOnOne(queue: JobQueue, jobMs: number): Promise<{ isDone(): boolean }> {
  let done = false;
  const begun = Promise.withResolvers<void>();
  await queue.work('advanceRun', async () => {
    begun.resolve();
    await sleep(jobMs);
    done = true;
  });
  await queue.add('advanceRun', job());
  await begun.promise;
  return { isDone: () => done };
}

async function closingTakesMs(queue: JobQueue): Promise<number> {
  const beganMs = performance.now();
  await queue.close();
  return performance.now() - beganMs;
}

describe.concurrent.each([
  { on: 'Redis', open: onRedis },
  { on: 'PostgreSQL', open: onPostgres },
  { on: 'a PostgreSQL that says nothing', open: onSilentPostgres },
])('on $on', ({ open }) => {
  test('workers that wait for jobs', async () => {
    const server = await open();
    await server.queue.work('advanceRun', async () => undefined);
    await server.queue.work('placeDispatches', async () => undefined);
    await server.lose();
    expect(await closingTakesMs(server.queue)).toBeLessThan(8_000);
    await server.end();
  }, 30_000);

  test('a worker whose job ends while the server is away: the job is waited for, the server is not', async () => {
    const server = await open();
    const work = await workOnOne(server.queue, 1_500);
    await server.lose();
    expect(await closingTakesMs(server.queue)).toBeLessThan(10_000);
    expect(work.isDone()).toBe(true);
    await server.end();
  }, 30_000);

  test('a job that is the first of its queue to be added while the server is away is refused in time', async () => {
    const server = await open();
    await server.lose();
    const beganMs = performance.now();
    await expect(server.queue.add('signDispatches', job())).rejects.toThrow();
    expect(performance.now() - beganMs).toBeLessThan(8_000);
    expect(await closingTakesMs(server.queue)).toBeLessThan(8_000);
    await server.end();
  }, 30_000);
});

test('a Redis that is back, before the workers have noticed', async () => {
  const { queue, lose, startAgain, end } = await onRedis();
  await queue.work('advanceRun', async () => undefined);
  await queue.work('placeDispatches', async () => undefined);
  await lose();
  await startAgain();
  expect(await closingTakesMs(queue)).toBeLessThan(8_000);
  await end();
}, 30_000);
