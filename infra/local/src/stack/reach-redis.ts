// Is the Redis of REDIS_URL there? Entered by bringUp before it starts anything: every service would end over it, and say so in its own way.
// Opens the queue as services do, and closes it.
import { type JobQueue, openQueue } from '@sena/queue/open-queue';
import { createLogger } from '@sena/telemetry/logger';

/** @throws {Error} that says what to do. */
export async function reachRedis(url: string): Promise<void> {
  let queue: JobQueue;
  try {
    queue = await openQueue({ kind: 'redis', url }, { logger: createLogger('queue', 'silent') });
  } catch (error) {
    const { hostname, port } = new URL(url);
    throw new Error(
      `Redis can't be used at ${hostname}:${port || '6379'} (${firstCause(error)}). Start it or correct REDIS_URL, then run npm start again. ` +
        'Without REDIS_URL the queue is in PostgreSQL.',
      { cause: error },
    );
  }
  await queue.close();
}

function firstCause(error: unknown): string {
  let at = error;
  while (at instanceof Error && at.cause !== undefined) at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
