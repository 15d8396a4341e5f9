// The form in a dialog: its fields, what the API refused, the way out and the deed.
'use client';
import { Button } from '@sena/ui/button';
import { DialogClose, DialogFooter } from '@sena/ui/dialog';
import type { ReactNode } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import type { FieldErrors } from './use-field-errors.ts';

interface DialogFormProps {
  fields: FieldErrors;
  /** Of the request that it sends; null: nothing was refused. */
  failure: unknown;
  busy: boolean;
  /** What the buttons say. */
  leave?: string;
  action: string;
  isDangerous?: boolean;
  /** Not called while it is busy. */
  onSubmit: (form: FormData) => void;
  children: ReactNode;
}

export function DialogForm({
  fields,
  failure,
  busy,
  leave = 'Not now',
  action,
  isDangerous = false,
  onSubmit,
  children,
}: DialogFormProps) {
  return (
    <form
      ref={fields.form}
      className="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onSubmit(new FormData(event.currentTarget));
      }}
    >
      {children}
      {failure !== null && !fields.saysAll() && <FailureNotice error={failure} />}
      <DialogFooter>
        <DialogClose asChild>
          <Button>{leave}</Button>
        </DialogClose>
        <Button type="submit" variant={isDangerous ? 'danger' : 'primary'} busy={busy}>
          {action}
        </Button>
      </DialogFooter>
    </form>
  );
}
