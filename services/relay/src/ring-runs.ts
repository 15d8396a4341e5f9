// Rings for runs without holding up whoever recorded them. Holds what is still being rung, so that a stop can wait for it.
import { type RunBells, type RunNews, ringRecordedRuns } from '@sena/runs/results/ring-recorded-runs';

export interface RunRinger {
  ring(organizationId: string, news: readonly RunNews[]): void;
  /** Resolves when everything was rung, or given up. */
  stop(): Promise<void>;
}

export function createRunRinger(bells: RunBells): RunRinger {
  const ringing = new Set<Promise<void>>();
  return {
    ring(organizationId, news) {
      const rung = ringRecordedRuns(bells, organizationId, news).finally(() => ringing.delete(rung));
      ringing.add(rung);
    },
    async stop() {
      await Promise.all(ringing);
    },
  };
}
