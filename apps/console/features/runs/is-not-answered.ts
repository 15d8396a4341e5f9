// Whether a run that failed is a question of which nothing was ever asked on a node: SENA did not know how to look into it, or could not
// begin. That is no failure of anything on the fleet, and reads differently. Pure.
import type { Run } from '@sena/contracts/http/runs';

export function isNotAnswered({ status, kind, counts }: Pick<Run, 'status' | 'kind' | 'counts'>): boolean {
  return status === 'failed' && kind === 'ask' && counts.total === 0;
}
