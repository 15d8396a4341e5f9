// Stops a run, after asking once more. What was already sent is not taken back, and the words say so.
'use client';
import { takeData } from '@sena/sdk/take-data';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Ban } from 'lucide-react';
import { useState } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { runKey } from './use-run.ts';
import { runsKey } from './use-runs.ts';

export function CancelRunButton({ runId }: { runId: string }) {
  const queryClient = useQueryClient();
  const [stopRunning, setStopRunning] = useState(false);
  const cancel = useMutation({
    mutationFn: () =>
      takeData(sena.POST('/v1/runs/{id}/cancel', { params: { path: { id: runId } }, body: { stopRunning } })),
    onSuccess: () =>
      notifyDone(
        'The run is being cancelled',
        stopRunning ? 'Nothing more is started, and what runs is stopped.' : 'Nothing more is started.',
      ),
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
      description="Nothing more is started. A command that already runs on a node comes to its end; what became of it is shown."
      action="Cancel the run"
      keep="Let it run"
      onConfirm={() => cancel.mutate()}
    >
      <label className="mt-4 flex items-start gap-2.5 text-sm">
        <input
          type="checkbox"
          className="mt-0.5 size-4 accent-danger"
          checked={stopRunning}
          onChange={(event) => setStopRunning(event.target.checked)}
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
