// After a commit: tells those who watch a run that it has news, and its worker that there is work. Entered by whoever recorded
// outcomes. Changes nothing but the outbox; what could not be rung is found by polling and by the sweeper.
import type { DoorbellData } from '@sena/contracts/doorbells';
import type { Pool } from '@sena/db/tenant';
import { type AddJob, ringOutbox } from '../outbox/ring-outbox.ts';

export interface RunNews {
  readonly runId: string;
  readonly eventSeq: number;
  /** Set when the run waits for nothing more. */
  readonly outboxId: string | null;
}

/** What rings. Every service has these. */
export interface RunBells {
  readonly pool: Pool;
  readonly signals: {
    ring(organizationId: string, doorbell: 'runEvents', data: DoorbellData<'runEvents'>): Promise<void>;
  };
  readonly queue: { readonly add: AddJob };
  readonly logger: { warn(fields: object, text: string): void };
}

/** Never rejects for a queue or a database that is away. */
export async function ringRecordedRuns(
  bells: RunBells,
  organizationId: string,
  news: readonly RunNews[],
): Promise<void> {
  await Promise.all(news.map((one) => ringOne(bells, organizationId, one)));
}

async function ringOne(
  { pool, signals, queue, logger }: RunBells,
  organizationId: string,
  news: RunNews,
): Promise<void> {
  const { runId, eventSeq, outboxId } = news;
  await signals.ring(organizationId, 'runEvents', { runId, seq: eventSeq });
  if (outboxId === null) return;
  try {
    await ringOutbox(pool, queue.add, organizationId, outboxId);
  } catch (error) {
    logger.warn({ err: error, runId }, 'a run could not be woken now, the sweeper will');
  }
}
