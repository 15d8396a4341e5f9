// After a commit: tells those who watch a run that it has news, and its worker that there is work. Holds what is still being
// rung; what could not be rung is found by polling and by the sweeper.
import type { Pool } from '@sena/db/tenant';
import type { JobQueue } from '@sena/queue/open-queue';
import { ringOutbox } from '@sena/runs/ring-outbox';
import type { Signals } from '@sena/signals/open-signals';
import type { Logger } from '@sena/telemetry/logger';

export interface RunNews {
  readonly runId: string;
  readonly eventSeq: number;
  /** Set when the run waits for nothing more. */
  readonly outboxId: string | null;
}

export interface RunRinger {
  ring(organizationId: string, news: readonly RunNews[]): void;
  /** Resolves when everything was rung, or given up. */
  stop(): Promise<void>;
}

export function createRunRinger(options: { pool: Pool; queue: JobQueue; signals: Signals; logger: Logger }): RunRinger {
  const { pool, queue, signals, logger } = options;
  const ringing = new Set<Promise<void>>();

  async function ringOne(organizationId: string, { runId, eventSeq, outboxId }: RunNews): Promise<void> {
    await signals.ring(organizationId, 'runEvents', { runId, seq: eventSeq });
    if (outboxId === null) return;
    try {
      await ringOutbox(pool, queue.add, organizationId, outboxId);
    } catch (error) {
      logger.warn({ err: error, runId }, 'a run could not be woken now, the sweeper will');
    }
  }

  return {
    ring(organizationId, news) {
      for (const one of news) {
        const rung = ringOne(organizationId, one).finally(() => ringing.delete(rung));
        ringing.add(rung);
      }
    },
    async stop() {
      await Promise.all(ringing);
    },
  };
}
