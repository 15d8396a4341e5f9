// Stops a run, after asking once more. What was already sent is not taken back, and the words say so.
'use client';
import type { Run } from '@sena/contracts/http/runs';
import { takeData } from '@sena/sdk/take-data';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ban, OctagonX } from 'lucide-react';
import { useState } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { approvalsKey } from '../approvals/use-approvals.ts';
import { runItselfKey, runKey } from './use-run.ts';
import { runsKey } from './use-runs.ts';

export function CancelRunButton({ run }: { run: Run }) {
  const cancel = useCancelRun(run.id);
  const [alsoStop, setAlsoStop] = useState(false);
  if (run.cancel !== null) {
    if (run.cancel.stopRunning || run.counts.pending === 0) return null;
    return (
      <ConfirmDialog
        trigger={
          <Button variant="danger-outline" size="sm" busy={cancel.isPending}>
            <OctagonX aria-hidden /> Stop what runs
          </Button>
        }
        title="Stop what runs?"
        description="Changes that run under a guard get TERM, and KILL after 5 seconds. How far they came is shown. Other commands come to their end."
        action="Stop what runs"
        keep="Let it end by itself"
        onConfirm={() => cancel.mutate({ stopRunning: true })}
      />
    );
  }
  return (
    <ConfirmDialog
      trigger={
        <Button variant="danger-outline" size="sm" busy={cancel.isPending}>
          <Ban aria-hidden /> Cancel run
        </Button>
      }
      title="Cancel this run?"
      description="Nothing more is started. A command that already runs on a node comes to its end; what became of it is shown."
      action="Cancel the run"
      keep="Let it run"
      onConfirm={() => cancel.mutate({ stopRunning: alsoStop })}
    >
      <label className="mt-4 flex items-start gap-2.5 text-sm">
        <input
          type="checkbox"
          className="mt-0.5 size-4 accent-danger"
          checked={alsoStop}
          onChange={(event) => setAlsoStop(event.target.checked)}
        />
        <span>
          Also stop changes that are running
          <span className="block text-muted-foreground">
            They get TERM, and KILL after 5 seconds. How far they came is shown.
          </span>
        </span>
      </label>
    </ConfirmDialog>
  );
}

function useCancelRun(runId: string) {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: { stopRunning: boolean }) =>
      takeData(sena.POST('/v1/runs/{id}/cancel', { params: { path: { id: runId } }, body })),
    // The wish is taken: the page says so now, and what it is loaded with next may say more.
    onSuccess: (_, { stopRunning }) =>
      queryClient.setQueryData<Run>(
        runItselfKey(runId),
        (run) => run && { ...run, cancel: { requestedAt: new Date().toISOString(), stopRunning } },
      ),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: runKey(runId) }),
        queryClient.invalidateQueries({ queryKey: runsKey }),
        queryClient.invalidateQueries({ queryKey: approvalsKey }),
      ]),
  });
}
