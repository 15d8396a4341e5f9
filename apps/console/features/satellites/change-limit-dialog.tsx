// How many commands may run at a site at once. Holds at once for the satellites that are connected.
'use client';
import type { Site } from '@sena/contracts/http/fleet';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { ChangeDialog } from '../forms/change-dialog.tsx';
import { DialogForm } from '../forms/dialog-form.tsx';
import { readFields } from '../forms/read-fields.ts';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { findLimitProblem } from './find-limit-problem.ts';
import { useChangeSite } from './use-sites.ts';

export function ChangeLimitDialog({ site, onClose }: { site: Site | null; onClose: () => void }) {
  return (
    <ChangeDialog
      thing={site}
      onClose={onClose}
      title={({ name }) => `Commands at once at ${name}`}
      description="What is beyond it waits for its turn. What runs already goes on to its end."
    >
      {(shown) => <LimitForm site={shown} onDone={onClose} />}
    </ChangeDialog>
  );
}

function LimitForm({ site, onDone }: { site: Site; onDone: () => void }) {
  const change = useChangeSite();
  const fields = useFieldErrors(change.error);

  function submit(form: FormData) {
    const limit = readFields(form)('runningMax');
    const problem = findLimitProblem(limit);
    if (!fields.allow(problem === null ? {} : { runningMax: problem })) return;
    change.mutate({ id: site.id, runningMax: limit === '' ? null : Number(limit) }, { onSuccess: onDone });
  }

  return (
    <DialogForm
      fields={fields}
      failure={change.error}
      busy={change.isPending}
      leave="Keep it"
      action="Change the limit"
      onSubmit={submit}
    >
      <Field
        label="At most"
        hint="Leave it empty for no limit. The satellites that are connected share it equally, and each runs at least one; a satellite's own limits hold beside it. One that goes leaves its share to the others after a minute. Satellites that are too old to know of it are not held by it."
        error={fields.errorOf('runningMax')}
      >
        {(control) => (
          // Of a number that can't be read a field of type number says that it is empty: here that would lift the limit.
          <Input
            {...control}
            name="runningMax"
            inputMode="numeric"
            autoComplete="off"
            maxLength={12}
            placeholder="no limit"
            defaultValue={site.runningMax?.toString() ?? ''}
          />
        )}
      </Field>
    </DialogForm>
  );
}
