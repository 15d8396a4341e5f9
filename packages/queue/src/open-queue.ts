// Every service that has work for another, or waits for work, enters here. A job says that work exists and carries ids
// only; PostgreSQL says what the work is. The one importer of BullMQ.
import { setTimeout as sleep } from 'node:timers/promises';
import { type JobData, type JobName, jobs } from '@sena/contracts/jobs';
import { createLogger, type Logger } from '@sena/telemetry/logger';
import { type Job, UnrecoverableError } from 'bullmq';
import { answerWithin } from './answer-within.ts';
import { openPostgresBackend } from './open-postgres-backend.ts';
import { openRedisBackend } from './open-redis-backend.ts';
import type { Consumer, Producer, QueueBackend } from './queue-backend.ts';
import type { QueueConnection } from './queue-connection.ts';

export interface JobQueue {
  /**
   * Resolves when the job is stored. With a `jobId` at most one job of that id waits and at most one is worked on: one
   * that is added while its like waits is dropped, one that is added while its like is worked on runs right after it.
   * Rejects within about 6 s when the server is away, though the job may still be stored later; at once when `data` is not what the job's
   * schema wants.
   */
  add<N extends JobName>(jobName: N, data: JobData<N>, options?: { jobId?: string }): Promise<void>;
  /**
   * Calls `handler` for each job, `concurrency` (1) at a time. A handler that throws is logged and tried again up to
   * 5 times in all, after 0.2, 0.4, 0.8 and 1.6 s. A process may work a job by one handler only.
   */
  work<N extends JobName>(jobName: N, handler: JobHandler<N>, options?: { concurrency?: number }): Promise<void>;
  /** Rejects with the reason when the server does not answer within 2 s, at once while it is known to be away. */
  ready(): Promise<void>;
  /**
   * Takes no more jobs, waits for those under way, then disconnects. A server that is away or says nothing holds it up for less than 10 s: what
   * was worked on and could not be told as done is given out again.
   */
  close(): Promise<void>;
}

export type JobHandler<N extends JobName> = (
  data: JobData<N>,
  /** `attempt` counts from 1. */
  job: { readonly id: string; readonly attempt: number },
) => Promise<void>;

const attemptsMax = 5;
const firstRetryMs = 200;
/** Finished jobs are kept for a look at what happened, within these bounds. */
const keepCompleted = { age: 3_600, count: 200 };
const keepFailed = { age: 7 * 24 * 3_600, count: 1_000 };
/** Longer than a producer's own time limits: they say why. */
const addMs = 6_000;
/** How long a worker rests after its server failed it, before it asks again. */
const workerRestMs = 1_000;
/** How long a server has, after the last handler, to hear what was done. */
const partingMs = 5_000;

/** Throws a sentence that names the setting to look at when the server can't be reached. */
export async function openQueue(
  connection: QueueConnection,
  { logger = createLogger('queue') }: { logger?: Logger } = {},
): Promise<JobQueue> {
  const backend = await openBackend(connection, (error) => {
    logger.warn({ err: error }, 'the queue lost a connection, it reconnects');
  });
  const producers = new Map<string, Producer>();
  const workers = new Map<JobName, Consumer>();
  const underWay = new Set<Promise<void>>();

  function producerOf(queue: string): Producer {
    const known = producers.get(queue);
    if (known) return known;
    const producer = backend.createProducer(queue, {
      defaultJobOptions: {
        attempts: attemptsMax,
        backoff: { type: 'exponential', delay: firstRetryMs, jitter: 0.5 },
        removeOnComplete: keepCompleted,
        removeOnFail: keepFailed,
      },
    });
    producer.on('error', (error) => logger.warn({ queue, err: error }, 'the queue has trouble with its server'));
    producers.set(queue, producer);
    return producer;
  }

  function watched(handling: Promise<void>): Promise<void> {
    underWay.add(handling);
    return handling.finally(() => underWay.delete(handling));
  }

  /** BullMQ waits for its server as long as that is away; who stops can't. */
  async function closeWorkers(): Promise<void> {
    const closed = Promise.all([...workers.values()].map((worker) => worker.close()));
    const parting = new AbortController();
    const giveUp = async () => {
      while (underWay.size > 0) await Promise.allSettled(underWay);
      await sleep(partingMs, undefined, { signal: parting.signal });
      logger.warn('the queue closes without its server: what could not be told as done is given out again');
      backend.giveUp();
    };
    const givenUp = giveUp().catch((error: unknown) => {
      if (!parting.signal.aborted) throw error;
    });
    await closed.finally(() => parting.abort());
    await givenUp;
  }

  return {
    add: async (jobName, data, { jobId } = {}) => {
      const { queue, schema } = jobs[jobName];
      const valid = schema.parse(data);
      const options = jobId === undefined ? {} : { deduplication: { id: jobId, keepLastIfActive: true as const } };
      // A producer that is first used while its server is away would wait for it.
      await answerWithin('The queue', addMs, producerOf(queue).add(jobName, valid, options));
    },

    work: async (jobName, handler, { concurrency = 1 } = {}) => {
      if (workers.has(jobName)) throw new Error(`This process already works on "${jobName}".`);
      const { queue } = jobs[jobName];
      const worker = backend.createWorker(queue, (job: Job) => watched(handleJob(jobName, handler, job)), {
        concurrency,
        runRetryDelay: workerRestMs,
        lockDuration: 30_000,
        stalledInterval: 15_000,
        // A worker that died took no run with it: PostgreSQL knows who holds what, so its jobs are simply given out again.
        maxStalledCount: attemptsMax,
      });
      worker.on('error', (error) => logger.warn({ queue, err: error }, 'a worker has trouble with its server'));
      worker.on('stalled', (jobId) => logger.warn({ queue, jobId }, 'a worker died, its job is given out again'));
      worker.on('failed', (job, error) => {
        const final = job === undefined || job.attemptsMade >= (job.opts.attempts ?? 1);
        const fields = { queue, job: job?.name, jobId: job?.id, attempt: job?.attemptsMade, err: error };
        logger[final ? 'error' : 'warn'](fields, final ? 'a job failed for good' : 'a job failed, it is tried again');
      });
      workers.set(jobName, worker);
      await worker.waitUntilReady();
    },

    ready: () => backend.ping(),

    close: async () => {
      await closeWorkers();
      await Promise.all([...producers.values()].map((producer) => producer.close()));
      await backend.close();
    },
  };
}

/** Data that is not valid will not become so: such a job fails at once and is not tried again. */
async function handleJob<N extends JobName>(jobName: N, handler: JobHandler<N>, job: Job): Promise<void> {
  if (job.name !== jobName) throw new UnrecoverableError(`"${jobName}" is worked on here, not "${job.name}".`);
  const parsed = jobs[jobName].schema.safeParse(job.data);
  if (!parsed.success) throw new UnrecoverableError(`The data of "${jobName}" is not valid: ${parsed.error.message}`);
  await handler(parsed.data as JobData<N>, { id: job.id ?? '', attempt: job.attemptsMade + 1 });
}

async function openBackend(connection: QueueConnection, onLost: (error: Error) => void): Promise<QueueBackend> {
  try {
    switch (connection.kind) {
      case 'postgres':
        return await openPostgresBackend(connection.url, onLost);
      case 'redis':
        return await openRedisBackend(connection.url, onLost);
    }
  } catch (cause) {
    const setting = connection.kind === 'postgres' ? 'QUEUE_DATABASE_URL' : 'REDIS_URL';
    throw new Error(`The queue can't be opened. Is its server up, and is ${setting} right?`, { cause });
  }
}
