// Whom an approval waits for, or waited for. Pure.
import type { Approval } from '@sena/contracts/http/approvals';

export function describeWhoDecides({
  status,
  approversRequired,
  decisions,
}: Pick<Approval, 'status' | 'approversRequired'> & {
  decisions: ReadonlyArray<Pick<Approval['decisions'][number], 'decision'>>;
}): string {
  if (approversRequired === 1) {
    return status === 'pending' ? 'This waits for a second person' : 'A second person was asked';
  }
  if (status !== 'pending') return 'Two other people were asked';
  const isHalfWay = decisions.some(({ decision }) => decision === 'approve');
  return isHalfWay ? 'This waits for one more person' : 'This waits for two other people';
}
