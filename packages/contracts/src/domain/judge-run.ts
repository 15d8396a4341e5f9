// What a run came to, where its status alone would say more or less than is true: `succeeded` means that the report is written, also
// where nothing ran, or every command failed. From the counts. Pure.
import { isNotAnswered } from './is-not-answered.ts';
import type { OutcomeCounts, RunKind, RunStatus } from './run.ts';

export type RunVerdict =
  /** The status says it all. */
  | { readonly kind: 'as_status' }
  | { readonly kind: 'not_answered' }
  /** Not one of its executions began. */
  | { readonly kind: 'nothing_ran' }
  | { readonly kind: 'all_non_zero'; readonly nonZero: number; readonly total: number }
  | { readonly kind: 'part_non_zero'; readonly nonZero: number; readonly total: number }
  /** `nonZero` of the others ended otherwise than with 0, and may be 0. */
  | { readonly kind: 'part_did_not_run'; readonly notStarted: number; readonly nonZero: number; readonly total: number }
  /** Of `unknown` nobody knows whether they ran; `notStarted` did not, and `nonZero` ended otherwise than with 0: both may be none. */
  | {
      readonly kind: 'part_unknown';
      readonly unknown: number;
      readonly notStarted: number;
      readonly nonZero: number;
      readonly total: number;
    };

export function judgeRun(run: { status: RunStatus; kind: RunKind; counts: OutcomeCounts }): RunVerdict {
  if (isNotAnswered(run)) return { kind: 'not_answered' };
  if (run.status !== 'succeeded') return { kind: 'as_status' };
  const { total, notStarted, unknown } = run.counts;
  const nonZero = failures(run);
  if (unknown > 0) return { kind: 'part_unknown', unknown, notStarted, nonZero, total };
  if (notStarted > 0 && notStarted === total) return { kind: 'nothing_ran' };
  if (notStarted > 0) return { kind: 'part_did_not_run', notStarted, nonZero, total };
  if (nonZero === 0) return { kind: 'as_status' };
  return { kind: nonZero === total ? 'all_non_zero' : 'part_non_zero', nonZero, total };
}

/**
 * What a question or a runbook asks of nodes may well end otherwise than with 0 (`grep` that finds nothing): its answer has read that. Not where
 * nothing ended with 0.
 */
function failures({ kind, counts }: { kind: RunKind; counts: OutcomeCounts }): number {
  return kind === 'command' || counts.exitedZero === 0 ? counts.exitedNonZero : 0;
}

/** For a badge, a title, a line in a list. null: the status in words. */
export function verdictWords(verdict: RunVerdict): string | null {
  switch (verdict.kind) {
    case 'as_status':
      return null;
    case 'not_answered':
      return 'Not answered';
    case 'nothing_ran':
      return 'Nothing ran';
    case 'all_non_zero':
    case 'part_non_zero':
      return list(verdict.total, [[verdict.nonZero, 'ended with an error']]);
    case 'part_did_not_run':
      return list(verdict.total, [
        [verdict.notStarted, 'did not run'],
        [verdict.nonZero, 'ended with an error'],
      ]);
    case 'part_unknown':
      return list(verdict.total, [
        [verdict.unknown, 'unknown'],
        [verdict.notStarted, 'did not run'],
        [verdict.nonZero, 'ended with an error'],
      ]);
  }
}

/** `1 of 13 unknown, 2 did not run`. */
function list(total: number, parts: ReadonlyArray<readonly [count: number, words: string]>): string {
  const number = (value: number) => value.toLocaleString('en');
  const [first, ...others] = parts.filter(([count]) => count > 0).map(([count, words]) => [number(count), words]);
  if (first === undefined) throw new Error('a verdict without a count');
  return [`${first[0]} of ${number(total)} ${first[1]}`, ...others.map((other) => other.join(' '))].join(', ');
}
