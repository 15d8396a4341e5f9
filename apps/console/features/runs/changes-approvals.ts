// Does an event of a run open an approval, or close one? Pure.
import { terminalRunStatuses } from '@sena/contracts/domain/run';
import type { RunEventData } from '@sena/contracts/domain/run-event';

export function changesApprovals(data: RunEventData): boolean {
  switch (data.type) {
    case 'approval.decided':
      return true;
    case 'run.gated':
      return data.approvalId !== null;
    // Whatever a run that ends still waited for is void: no event says so.
    case 'run.status':
      return terminalRunStatuses.has(data.status);
    default:
      return false;
  }
}
