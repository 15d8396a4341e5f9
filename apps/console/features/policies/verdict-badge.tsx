// What the policies ask for, in a word or two.
import type { PolicyGroup } from '@sena/contracts/http/policy';
import { Badge } from '@sena/ui/badge';
import { Ban, Hand, KeyRound, ShieldCheck, Users } from 'lucide-react';

export function VerdictBadge({
  decision,
  approvers,
  passkey,
}: Pick<PolicyGroup, 'decision' | 'approvers' | 'passkey'>) {
  switch (decision) {
    case 'allow':
      return (
        <Badge tone="success">
          <ShieldCheck aria-hidden /> Runs without approval
        </Badge>
      );
    case 'deny':
      return (
        <Badge tone="danger">
          <Ban aria-hidden /> Denied
        </Badge>
      );
    case 'require_approval':
      return (
        <Badge tone="warning">
          {passkey ? <KeyRound aria-hidden /> : approvers > 1 ? <Users aria-hidden /> : <Hand aria-hidden />}
          {approvers > 1 ? 'Needs two approvals' : 'Needs approval'}
          {passkey && ' by passkey'}
        </Badge>
      );
  }
}
