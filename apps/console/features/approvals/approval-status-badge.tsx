// What became of an approval, in a word.
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import { Badge, type Tone } from '@sena/ui/badge';

const looks: Record<ApprovalStatus, { tone: Tone; words: string }> = {
  pending: { tone: 'warning', words: 'Waiting' },
  approved: { tone: 'success', words: 'Approved' },
  rejected: { tone: 'danger', words: 'Rejected' },
  expired: { tone: 'neutral', words: 'Expired' },
  void: { tone: 'neutral', words: 'No longer needed' },
};

export function ApprovalStatusBadge({ status }: { status: ApprovalStatus }) {
  return <Badge tone={looks[status].tone}>{looks[status].words}</Badge>;
}
