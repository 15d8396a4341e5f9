// What both a cancelled and a failed run owe: no approval stays open and nothing that was not sent is sent. Entered in their transactions.
import { voidApprovalsOfRun } from '@sena/approvals/void-approval';
import type { TenantTransaction } from '@sena/db/tenant';
import { closeUnsentDispatches, listUnsentDispatches } from '@sena/runs/execution/close-executions';
import { actor } from './run-context.ts';

/** `why`: a sentence for those who look at one of its executions. */
export async function stopWhatHasNotBegun(transaction: TenantTransaction, runId: string, why: string): Promise<void> {
  await voidApprovalsOfRun(transaction, runId, actor);
  const unsent = await listUnsentDispatches(transaction, runId);
  await closeUnsentDispatches(transaction, unsent, { kind: 'not_started', reason: 'cancelled', detail: why }, actor);
}
