import { Writable } from 'node:stream';
import { newId } from '@sena/contracts/ids';
import type { JobData } from '@sena/contracts/jobs';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase } from '@sena/testing/postgres';
import { startRedis, type TestRedis } from '@sena/testing/redis';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type JobQueue, openQueue } from './open-queue.ts';
import type { QueueConnection } from './queue-connection.ts';

interface Server {
  connection: QueueConnection;
  /** Cuts all connections, as a restart does. What was stored may be lost on Redis only. */
  interrupt(): Promise<void>;
  stop(): Promise<void>;
}

async function postgresServer(): Promise<Server> {
  const database = await createTestDatabase();
  return {
    connection: { kind: 'postgres', url: database.urls.queue },
    interrupt: () => database.disconnectAll(),
    stop: () => database.drop(),
  };
}

async function redisServer(): Promise<Server> {
  const redis: TestRedis = await startRedis();
  return {
    connection: { kind: 'redis', url: redis.url },
    interrupt: () => redis.startAgain(),
    stop: () => redis.stop(),
  };
}

describe.each([
  { backend: 'PostgreSQL', start: postgresServer },
  { backend: 'Redis', start: redisServer },
])('the queue on $backend', ({ start }) => {
  let server: Server;
  const opened: JobQueue[] = [];
  const logged: Array<{ msg: string; err?: { message: string; stack: string } }> = [];
  const logger = pino(
    new Writable({
      write: (line, _encoding, done) => {
        logged.push(JSON.parse(String(line)));
        done();
      },
    }),
  );

  async function open(): Promise<JobQueue> {
    const queue = await openQueue(server.connection, { logger });
    opened.push(queue);
    return queue;
  }

  function someJob(): JobData<'advanceRun'> {
    return { organizationId: newId('org'), runId: newId('run'), traceparent: null };
  }

  beforeAll(async () => {
    server = await start();
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((queue) => queue.close()));
    logged.length = 0;
  });
  afterAll(() => server.stop());

  test('a job reaches one worker of another process, once, with its data as it was', async () => {
    const [producer, first, second] = [await open(), await open(), await open()];
    const seen: Array<JobData<'advanceRun'>> = [];
    for (const consumer of [first, second]) {
      await consumer.work('advanceRun', async (data) => {
        seen.push(data);
      });
    }
    const sent = Array.from({ length: 20 }, someJob);
    for (const data of sent) await producer.add('advanceRun', data);
    await eventually('20 jobs', () => seen.length >= 20);
    expect(seen.map((data) => data.runId).sort()).toEqual(sent.map((data) => data.runId).sort());
    expect(seen).toEqual(expect.arrayContaining(sent));
  });

  test('a job of another name goes to the worker of that name', async () => {
    const queue = await open();
    const seen: string[] = [];
    await queue.work('advanceRun', async () => void seen.push('advanceRun'));
    await queue.work('signDispatches', async () => void seen.push('signDispatches'));
    await queue.add('signDispatches', someJob());
    await eventually('the job', () => seen.length > 0);
    expect(seen).toEqual(['signDispatches']);
  });

  test('data that its schema does not want is refused before it is stored', async () => {
    const queue = await open();
    const withContents = { ...someJob(), command: 'rm -rf /' };
    await expect(queue.add('advanceRun', withContents)).rejects.toThrow('Unrecognized key');
    await expect(queue.add('advanceRun', {} as JobData<'advanceRun'>)).rejects.toThrow('organizationId');
  });

  test('a handler that throws is logged with its error, and its job is tried again', async () => {
    const queue = await open();
    const attempts: number[] = [];
    await queue.work('advanceRun', async (_data, job) => {
      attempts.push(job.attempt);
      if (job.attempt < 3) throw new Error(`no luck in attempt ${job.attempt}`);
    });
    await queue.add('advanceRun', someJob());
    await eventually('the third attempt', () => attempts.length === 3);
    expect(attempts).toEqual([1, 2, 3]);
    const failures = logged.filter((line) => line.msg === 'a job failed, it is tried again');
    expect(failures.map((line) => line.err?.message)).toEqual(['no luck in attempt 1', 'no luck in attempt 2']);
    expect(failures[0]?.err?.stack).toContain('a-job-reaches-one-worker.test.ts');
  });

  test('jobs run side by side up to the concurrency, and no further', async () => {
    const queue = await open();
    let running = 0;
    let most = 0;
    let done = 0;
    await queue.work(
      'advanceRun',
      async () => {
        running++;
        most = Math.max(most, running);
        await new Promise((resolve) => setTimeout(resolve, 30));
        running--;
        done++;
      },
      { concurrency: 4 },
    );
    for (let i = 0; i < 16; i++) await queue.add('advanceRun', someJob());
    await eventually('16 jobs', () => done === 16);
    expect(most).toBe(4);
  });

  test('jobs with one id: those that wait become one, one that comes while its like runs follows it', async () => {
    const queue = await open();
    const data = someJob();
    for (let i = 0; i < 5; i++) await queue.add('advanceRun', data, { jobId: data.runId });

    let started = 0;
    let hold = true;
    const releases: Array<() => void> = [];
    await queue.work('advanceRun', async () => {
      started++;
      if (hold) await new Promise<void>((resolve) => releases.push(resolve));
    });
    await eventually('the first', () => started === 1);
    for (let i = 0; i < 5; i++) await queue.add('advanceRun', data, { jobId: data.runId });
    releases[0]?.();
    await eventually('the one that follows', () => started === 2);
    hold = false;
    releases[1]?.();

    // The id is free again: what is added now is neither dropped nor the third of what came before.
    const last = someJob();
    await queue.add('advanceRun', last, { jobId: last.runId });
    await eventually('a job of another id, after both', () => started === 3);
    await queue.add('advanceRun', data, { jobId: data.runId });
    await eventually('a job of the same id, after both', () => started === 4);
  });

  test('close waits for the job under way', async () => {
    const queue = await open();
    let state = 'waiting';
    await queue.work('advanceRun', async () => {
      state = 'started';
      await new Promise((resolve) => setTimeout(resolve, 150));
      state = 'ended';
    });
    await queue.add('advanceRun', someJob());
    await eventually('the start', () => state === 'started');
    opened.splice(opened.indexOf(queue), 1);
    await queue.close();
    expect(state).toBe('ended');
  });

  test('after the server was interrupted, the same queue adds and works again, and says what happened', async () => {
    const queue = await open();
    const seen: string[] = [];
    await queue.work('advanceRun', async (data) => void seen.push(data.runId));
    const before = someJob();
    await queue.add('advanceRun', before);
    await eventually('the job before', () => seen.includes(before.runId));

    await server.interrupt();

    const after = someJob();
    await eventually('a job is accepted again', () => queue.add('advanceRun', after).then(() => true), {
      timeoutMs: 10_000,
    });
    await eventually('the job after', () => seen.includes(after.runId), { timeoutMs: 10_000 });
    await queue.ready();
    await eventually('it is said', () =>
      logged.some((line) => line.msg === 'the queue lost a connection, it reconnects' && line.err !== undefined),
    );
  });

  test('ready says yes while the server answers', async () => {
    const queue = await open();
    await expect(queue.ready()).resolves.toBeUndefined();
  });
});

test('while Redis is away, ready and add reject soon instead of hanging', async () => {
  const redis = await startRedis();
  const queue = await openQueue({ kind: 'redis', url: redis.url }, { logger: pino({ level: 'silent' }) });
  try {
    await queue.add('advanceRun', { organizationId: 'o', runId: 'r', traceparent: null });
    await redis.kill();
    await expect(queue.ready()).rejects.toThrow();
    await expect(queue.add('advanceRun', { organizationId: 'o', runId: 'r', traceparent: null })).rejects.toThrow();
  } finally {
    await redis.startAgain();
    await queue.close();
    await redis.stop();
  }
});

test.each([
  { kind: 'postgres', url: 'postgresql://sena_queue:secret@127.0.0.1:1/sena', setting: 'QUEUE_DATABASE_URL' },
  { kind: 'redis', url: 'redis://:secret@127.0.0.1:1', setting: 'REDIS_URL' },
] as const)('a $kind server that is not there is a sentence that names the setting', async ({ kind, url, setting }) => {
  const opening = openQueue({ kind, url }, { logger: pino({ level: 'silent' }) });
  await expect(opening).rejects.toThrow(`Is its server up, and is ${setting} right?`);
  await expect(opening).rejects.not.toHaveProperty('message', expect.stringContaining('secret'));
});
