// How many commands may run at a site at once. Holds at once for the satellites that are connected.
'use client';
import type { Site } from '@sena/contracts/http/fleet';
import { Button } from '@sena/ui/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
import { useChangeSite } from './use-sites.ts';

export function ChangeLimitDialog({ site, onClose }: { site: Site | null; onClose: () => void }) {
  return (
    <Dialog open={site !== null} onOpenChange={(open) => !open && onClose()}>
      {site !== null && (
        <DialogContent
          title={`Commands at once at ${site.name}`}
          description="What is beyond it waits for its turn. What runs already goes on to its end."
        >
          <LimitForm site={site} onDone={onClose} />
        </DialogContent>
      )}
    </Dialog>
  );
}

function LimitForm({ site, onDone }: { site: Site; onDone: () => void }) {
  const change = useChangeSite();
  const [limit, setLimit] = useState(site.runningMax?.toString() ?? '');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (change.isPending) return;
    change.mutate({ id: site.id, runningMax: limit.trim() === '' ? null : Number(limit) }, { onSuccess: onDone });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="At most"
        hint="Leave it empty for no limit. The satellites that are connected share it equally, and each runs at least one; a satellite's own limits hold beside it. One that goes leaves its share to the others after a minute. Satellites that are too old to know of it are not held by it."
        error={fieldError(change.error, 'runningMax')}
      >
        {(control) => (
          <Input
            {...control}
            type="number"
            inputMode="numeric"
            min={1}
            max={100_000}
            step={1}
            placeholder="no limit"
            value={limit}
            onChange={(event) => setLimit(event.target.value)}
          />
        )}
      </Field>
      {change.error !== null && fieldError(change.error, 'runningMax') === null && (
        <Notice tone="danger" role="alert" title={describeFailure(change.error).title}>
          {describeFailure(change.error).detail}
        </Notice>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Keep it</Button>
        </DialogClose>
        <Button type="submit" variant="primary" busy={change.isPending}>
          Change the limit
        </Button>
      </DialogFooter>
    </form>
  );
}
