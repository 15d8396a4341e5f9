// How far a run is that has no answer yet, and for how long nothing was heard of it. Pure.
import type { RunEvent } from '@sena/contracts/domain/run-event';
import type { Run } from '@sena/contracts/http/runs';
import { formatCount, formatDuration } from '../time/format-time.ts';

/** Between a plan and what runs by it lie only moments, unless whoever had the run is gone. */
const silenceMs = 10_000;

export function describeProgress(
  { kind, status, counts: { total, pending } }: Pick<Run, 'kind' | 'status' | 'counts'>,
  events: readonly RunEvent[],
  nowMs: number,
): string {
  if (status === 'queued') return 'Waiting for its turn…';
  if (pending > 0) return `Waiting for ${formatCount(pending, 'execution')} of ${total.toLocaleString('en')}…`;
  if (total > 0) return 'All results are in. Writing the report…';
  if (!events.some(({ data }) => data.type === 'run.planned')) {
    return kind === 'ask' ? 'Reading the question and planning…' : 'Preparing…';
  }
  const silentMs = nowMs - Date.parse(events.at(-1)?.at ?? '');
  if (silentMs < silenceMs) return 'Planned. Nothing of it has begun yet…';
  const seconds = Math.floor(silentMs / 1_000) * 1_000;
  return `Planned. Nothing of it has begun, and nothing was heard of the run for ${formatDuration(seconds)}. If the worker that had it is gone, another takes it up from here.`;
}
