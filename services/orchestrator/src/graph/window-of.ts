// When what a turn asks for may begin. One place, because what is approved, what is waited for and what is dispatched must agree. Pure.
import type { RunRequest } from '../planners/planner.ts';

export interface Window {
  readonly notBefore: Date;
  readonly endsAt: Date;
  /** It was asked for: the run began ahead of it. */
  readonly isScheduled: boolean;
}

/** `turn`: counts from 1. Those after the first follow what it found, and begin when they are known. */
export function windowOf(request: RunRequest, turn: number, approvalValidityMs: number, now: Date): Window {
  const isScheduled = request.startAt !== null && turn === 1;
  const notBefore = isScheduled ? new Date(request.startAt as string) : now;
  return { notBefore, endsAt: new Date(notBefore.getTime() + approvalValidityMs + request.waitMs), isScheduled };
}

/** When what rests on an approval may begin: not before that says, also where PostgreSQL's clock was set back since it was asked for. */
export function beginOfApproved({ notBefore }: { notBefore: string }, now: Date): Date {
  return new Date(Math.max(now.getTime(), Date.parse(notBefore)));
}

/** A sentence when nobody came to it in time: what was to begin in a window does not begin after it. null: there is time. */
export function describeMissed({ isScheduled, endsAt }: Window, now: Date): string | null {
  if (!isScheduled || now < endsAt) return null;
  return `Its window ended at ${endsAt.toISOString()} before SENA could begin, so nothing was run. Ask again for another time.`;
}
