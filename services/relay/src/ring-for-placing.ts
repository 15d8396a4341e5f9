// Rings for the placing of dispatches where satellites come or go. Entered by start-relay. Holds the organizations that are rung for, and those
// that were a moment ago.
import { setTimeout as sleep } from 'node:timers/promises';
import type { JobQueue } from '@sena/queue/open-queue';
import type { Logger } from '@sena/telemetry/logger';

const placingMs = 20;
/** After a ring; the sweeper looks every second anyway. */
const placingAgainMs = 300;

/** Once for all that come or go in a moment. Never rejects: where the queue is away, the sweeper looks every second. */
export function createPlacingRinger({
  queue,
  logger,
  isDraining,
}: {
  queue: JobQueue;
  logger: Logger;
  isDraining(): boolean;
}): (organizationId: string) => Promise<void> {
  const placing = new Map<string, Promise<void>>();
  /** Rung for a moment ago. */
  const placed = new Set<string>();
  return (organizationId) => {
    const ringing =
      placing.get(organizationId) ??
      sleep(placed.has(organizationId) && !isDraining() ? placingAgainMs : placingMs)
        .then(() => {
          placing.delete(organizationId);
          placed.add(organizationId);
          setTimeout(() => placed.delete(organizationId), placingAgainMs).unref();
          return queue.add(
            'placeDispatches',
            { organizationId, traceparent: null },
            { jobId: `place-${organizationId}` },
          );
        })
        .catch((error: unknown) =>
          logger.warn({ err: error, organizationId }, 'nobody was told that a satellite came or went'),
        );
    placing.set(organizationId, ringing);
    return ringing;
  };
}
