// BullMQ on Redis. Two connections: producers fail fast while Redis is away, workers wait for it.
import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { answerWithin } from './answer-within.ts';
import { endWhenTold } from './end-when-told.ts';
import type { QueueBackend } from './queue-backend.ts';

const connectTimeoutMs = 5_000;
const commandTimeoutMs = 5_000;
const pingTimeoutMs = 2_000;

/** In braces, so that a Redis Cluster keeps all keys of a queue in one slot. */
const prefix = '{sena}';

const common: RedisOptions = {
  connectTimeout: connectTimeoutMs,
  keepAlive: 10_000,
  // Longer than a worker waits for a job: a server that answers nothing for so long is not at the other end any more.
  socketTimeout: 30_000,
  // 50 ms, 100 ms, 200 ms … 2 s, for as long as it takes.
  retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), 2_000),
};

export async function openRedisBackend(url: string, onLost: (error: Error) => void): Promise<QueueBackend> {
  const producing = endWhenTold(
    new Redis(url, { ...common, maxRetriesPerRequest: 1, commandTimeout: commandTimeoutMs, lazyConnect: true }),
  );
  const consuming = endWhenTold(new Redis(url, { ...common, maxRetriesPerRequest: null, lazyConnect: true }));
  let closing = false;
  let whyNot: Error | null = null;
  for (const client of [producing, consuming]) {
    // ioredis tells "error" only while it can't connect, and "close" for every end of a connection.
    let reason = new Error('Redis closed the connection');
    client.on('error', (error: Error) => {
      reason = error;
      whyNot ??= error;
    });
    client.on('close', () => closing || onLost(reason));
  }
  try {
    await Promise.all([producing.connect(), consuming.connect()]);
  } catch (error) {
    closing = true;
    producing.disconnect();
    consuming.disconnect();
    // Its own error says no more than that the connection is closed.
    throw whyNot ?? error;
  }

  return {
    createProducer: (queue, options) => new Queue(queue, { ...options, prefix, connection: producing }),
    createWorker: (queue, processor, options) =>
      new Worker(queue, processor, { ...options, prefix, connection: consuming }),
    // Without a connection a command waits for the next one.
    ping: async () => {
      if (producing.status !== 'ready') throw new Error('There is no connection to Redis');
      await answerWithin('Redis', pingTimeoutMs, producing.ping());
    },
    giveUp: () => {
      closing = true;
      for (const client of [producing, consuming]) client.disconnect();
    },
    close: async () => {
      closing = true;
      await Promise.all([producing, consuming].map((client) => client.quit().catch(() => client.disconnect())));
    },
  };
}
