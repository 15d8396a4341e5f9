// Making a token for the directory: its name, how long; then the token, shown once, with the address that it is for.
'use client';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Select } from '@sena/ui/select';
import { useState } from 'react';
import { DialogForm } from '../forms/dialog-form.tsx';
import { findMissing } from '../forms/find-missing.ts';
import { readFields } from '../forms/read-fields.ts';
import { ShownOnceDialog } from '../forms/shown-once-dialog.tsx';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { useCreateScimToken } from './use-scim-tokens.ts';

const lifetimes = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '180', label: '180 days' },
  { value: '365', label: 'A year' },
];

interface CreateScimTokenDialogProps {
  baseUrl: string;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function CreateScimTokenDialog({ baseUrl, open, onOpenChange }: CreateScimTokenDialogProps) {
  return (
    <ShownOnceDialog<string>
      open={open}
      onOpenChange={onOpenChange}
      title="Create a SCIM token"
      description="Whoever has it says who belongs to this organization, and in which role. It can do nothing else."
      form={(onMade) => <TokenForm onCreated={onMade} />}
      show={(token) => ({
        title: 'Copy the token now',
        description: 'It is shown only once. Enter both at your directory.',
        lines: [
          { label: 'Base URL', text: baseUrl, copy: 'Copy the address' },
          { label: 'SCIM token', text: token, copy: 'Copy the token' },
        ],
      })}
    />
  );
}

function TokenForm({ onCreated }: { onCreated: (token: string) => void }) {
  const create = useCreateScimToken();
  const fields = useFieldErrors(create.error);
  const [days, setDays] = useState('180');

  function submit(form: FormData) {
    const text = readFields(form);
    if (!fields.allow(findMissing(text, { name: 'Name the directory that will use it.' }))) return;
    create.mutate(
      { name: text('name'), expiresInSeconds: Number(days) * 86_400 },
      { onSuccess: (created) => onCreated(created.token) },
    );
  }

  return (
    <DialogForm
      fields={fields}
      failure={create.error}
      busy={create.isPending}
      action="Create the token"
      onSubmit={submit}
    >
      <Field label="Name" hint="Which directory uses it, like okta or entra-staging." error={fields.errorOf('name')}>
        {(control) => <Input {...control} name="name" maxLength={100} autoComplete="off" required autoFocus />}
      </Field>
      <Field label="Expires" error={fields.errorOf('expiresInSeconds')}>
        {(control) => <Select {...control} value={days} onValueChange={setDays} options={lifetimes} />}
      </Field>
    </DialogForm>
  );
}
