// Stops a run, after asking once more. What was already sent is not taken back, and the words say so.
'use client';
import { takeData } from '@sena/sdk/take-data';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ban } from 'lucide-react';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { runKey } from './use-run.ts';
import { runsKey } from './use-runs.ts';

export function CancelRunButton({ runId }: { runId: string }) {
  const queryClient = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => takeData(sena.POST('/v1/runs/{id}/cancel', { params: { path: { id: runId } } })),
    onSuccess: () => notifyDone('The run is being cancelled', 'Nothing more is started.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () =>
      Promise.all([
        queryClient.invalidateQueries({ queryKey: runKey(runId) }),
        queryClient.invalidateQueries({ queryKey: runsKey }),
      ]),
  });
  return (
    <ConfirmDialog
      trigger={
        <Button variant="danger-outline" size="sm" busy={cancel.isPending}>
          <Ban aria-hidden /> Cancel run
        </Button>
      }
      title="Cancel this run?"
      description="Nothing more is started. A command that already runs on a node may still come to its end; what became of it is shown."
      action="Cancel the run"
      keep="Let it run"
      onConfirm={() => cancel.mutate()}
    />
  );
}
