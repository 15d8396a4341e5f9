// What a run came to, where its status alone would say more or less than is true: `succeeded` means that the report is written, also
// where nothing ran. From the counts. Pure.
import type { Run } from '@sena/contracts/http/runs';
import { isNotAnswered } from './is-not-answered.ts';

export type RunVerdict =
  /** The status says it all. */
  | { readonly kind: 'as_status' }
  | { readonly kind: 'not_answered' }
  /** Not one of its executions began. */
  | { readonly kind: 'nothing_ran' }
  | { readonly kind: 'part_did_not_run'; readonly notStarted: number; readonly total: number }
  /** Of `unknown` nobody knows whether they ran; `notStarted` did not, and may be 0. */
  | { readonly kind: 'part_unknown'; readonly unknown: number; readonly notStarted: number; readonly total: number };

export function judgeRun(run: Pick<Run, 'status' | 'kind' | 'counts'>): RunVerdict {
  if (isNotAnswered(run)) return { kind: 'not_answered' };
  if (run.status !== 'succeeded') return { kind: 'as_status' };
  const { total, notStarted, unknown } = run.counts;
  if (unknown > 0) return { kind: 'part_unknown', unknown, notStarted, total };
  if (notStarted === 0) return { kind: 'as_status' };
  if (notStarted === total) return { kind: 'nothing_ran' };
  return { kind: 'part_did_not_run', notStarted, total };
}

/** For a badge, a title, a line in a list. null: the status in words. */
export function verdictWords(verdict: RunVerdict): string | null {
  const count = (value: number) => value.toLocaleString('en');
  switch (verdict.kind) {
    case 'as_status':
      return null;
    case 'not_answered':
      return 'Not answered';
    case 'nothing_ran':
      return 'Nothing ran';
    case 'part_did_not_run':
      return `${count(verdict.notStarted)} of ${count(verdict.total)} did not run`;
    case 'part_unknown': {
      const unknown = `${count(verdict.unknown)} of ${count(verdict.total)} unknown`;
      return verdict.notStarted === 0 ? unknown : `${unknown}, ${count(verdict.notStarted)} did not run`;
    }
  }
}
