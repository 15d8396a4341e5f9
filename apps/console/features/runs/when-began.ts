// From when a run's time is counted. Pure.
import type { Run } from '@sena/contracts/http/runs';

/** One that was asked for ahead of its time has taken none until then. null: it has not begun. */
export function whenBegan(run: Pick<Run, 'startAt' | 'startedAt' | 'createdAt'>): string | null {
  return run.startAt === null ? run.createdAt : run.startedAt;
}
