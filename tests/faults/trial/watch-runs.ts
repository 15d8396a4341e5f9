// Waits for runs, all of a world's with one look. Entered by trials. Reads PostgreSQL.
import type { RunStatus } from '@sena/contracts/domain/run';
import type { World } from '../world/start-world.ts';

const everyMs = 100;
const resting: ReadonlySet<RunStatus> = new Set(['succeeded', 'failed', 'cancelled']);

export interface RunWatcher {
  /** Resolves at the first of: it ends, it waits for an approval that was not seen before, `deadlineMs` (performance.now) has passed. */
  until(runId: string, wants: 'approval-or-end' | 'end', deadlineMs: number): Promise<RunStatus | 'late'>;
  stop(): void;
}

export function watchRuns(query: World['query']): RunWatcher {
  const waiting = new Set<{
    runId: string;
    wants: 'approval-or-end' | 'end';
    deadlineMs: number;
    resolve(status: RunStatus | 'late'): void;
  }>();
  let isLooking = false;
  const timer = setInterval(() => void look(), everyMs);

  async function look(): Promise<void> {
    if (isLooking || waiting.size === 0) return;
    isLooking = true;
    try {
      const ids = [...waiting].map(({ runId }) => runId);
      const rows = await query<{ id: string; status: RunStatus }>(
        'select id, status from sena.runs where id = any($1)',
        [ids],
      );
      const statusOf = new Map(rows.map(({ id, status }) => [id, status]));
      for (const waiter of waiting) {
        const status = statusOf.get(waiter.runId);
        const isThere =
          status !== undefined &&
          (resting.has(status) || (waiter.wants === 'approval-or-end' && status === 'awaiting_approval'));
        if (!isThere && performance.now() < waiter.deadlineMs) continue;
        waiting.delete(waiter);
        waiter.resolve(isThere ? status : 'late');
      }
    } catch {
      // PostgreSQL is away, which may be the fault under test: the next look asks again.
    } finally {
      isLooking = false;
    }
  }

  return {
    until: (runId, wants, deadlineMs) => new Promise((resolve) => waiting.add({ runId, wants, deadlineMs, resolve })),
    stop: () => clearInterval(timer),
  };
}
