// After a commit: hands the outbox row to the queue, without letting the caller wait. When that fails, the sweeper does it.
import { ringOutbox } from '@sena/runs/outbox/ring-outbox';
import type { FastifyBaseLogger } from 'fastify';
import type { Services } from './services.ts';

export function deliverOutbox(
  services: Pick<Services, 'pool' | 'queue' | 'background'>,
  log: FastifyBaseLogger,
  organizationId: string,
  outboxId: string,
): void {
  const delivering = ringOutbox(services.pool, services.queue.add, organizationId, outboxId).catch((err: unknown) =>
    log.warn({ err, organizationId, outboxId }, 'the queue was not told at once, the sweeper will'),
  );
  services.background.start(delivering);
}
