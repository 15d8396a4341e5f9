// Sends a decision over exactly what was shown: the digest goes with it, and SENA refuses when the action has changed.
import type { Approval } from '@sena/contracts/http/approvals';
import { takeData } from '@sena/sdk/take-data';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { signWithPasskey } from '../passkeys/sign-with-passkey.ts';
import { runKey } from '../runs/use-run.ts';
import { runsKey } from '../runs/use-runs.ts';
import { approvalKey, approvalsKey } from './use-approvals.ts';

export interface Decision {
  decision: 'approve' | 'reject';
  reason: string;
  /** Sign it first. */
  withPasskey: boolean;
}

export function useDecideApproval(approval: Pick<Approval, 'id' | 'runId' | 'actionDigest'>) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: async ({ decision, reason, withPasskey }: Decision) => {
      const assertion = withPasskey ? await signWithPasskey(approval.actionDigest) : undefined;
      return takeData(
        sena.POST('/v1/approvals/{id}/decision', {
          params: { path: { id: approval.id } },
          body: {
            decision,
            actionDigest: approval.actionDigest,
            ...(reason.trim() === '' ? {} : { reason: reason.trim() }),
            ...(assertion === undefined ? {} : { assertion }),
          },
        }),
      );
    },
    onSuccess: (decided) => queryClient.setQueryData(approvalKey(approval.id), decided),
    // Also after a refusal: it may have been decided or have expired meanwhile.
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: approvalsKey }),
        queryClient.invalidateQueries({ queryKey: runKey(approval.runId) }),
        queryClient.invalidateQueries({ queryKey: runsKey }),
      ]),
  });
}
