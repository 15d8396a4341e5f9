// Whether a run that failed is a question of which nothing was ever asked on a node: SENA did not know how to look into it, or could not
// begin. That is no failure of anything on the fleet, and reads differently. Pure.
import type { OutcomeCounts, RunKind, RunStatus } from './run.ts';

export function isNotAnswered({
  status,
  kind,
  counts,
}: {
  status: RunStatus;
  kind: RunKind;
  counts: OutcomeCounts;
}): boolean {
  return status === 'failed' && kind === 'ask' && counts.total === 0;
}
