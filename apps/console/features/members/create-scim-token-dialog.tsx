// Making a token for the directory: its name, how long; then the token, shown once, with the address that it is for.
'use client';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Select } from '@sena/ui/select';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
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
  const [token, setToken] = useState<string | null>(null);
  function change(next: boolean) {
    onOpenChange(next);
    // The token is shown once: after the dialog it is gone.
    if (!next) setToken(null);
  }
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent
        title={token === null ? 'Create a SCIM token' : 'Copy the token now'}
        description={
          token === null
            ? 'Whoever has it says who belongs to this organization, and in which role. It can do nothing else.'
            : 'It is shown only once. Enter both at your directory.'
        }
      >
        {token === null ? <TokenForm onCreated={setToken} /> : <ShownToken baseUrl={baseUrl} token={token} />}
      </DialogContent>
    </Dialog>
  );
}

function TokenForm({ onCreated }: { onCreated: (token: string) => void }) {
  const create = useCreateScimToken();
  const [days, setDays] = useState('180');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (create.isPending) return;
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
    create.mutate(
      { name, expiresInSeconds: Number(days) * 86_400 },
      { onSuccess: (created) => onCreated(created.token) },
    );
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field
        label="Name"
        hint="Which directory uses it, like okta or entra-staging."
        error={fieldError(create.error, 'name')}
      >
        {(control) => <Input {...control} name="name" maxLength={100} autoComplete="off" required autoFocus />}
      </Field>
      <Field label="Expires" error={fieldError(create.error, 'expiresInSeconds')}>
        {(control) => <Select id={control.id} value={days} onValueChange={setDays} options={lifetimes} />}
      </Field>
      {create.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(create.error).title}>
          {describeFailure(create.error).detail}
        </Notice>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Not now</Button>
        </DialogClose>
        <Button type="submit" variant="primary" busy={create.isPending}>
          Create the token
        </Button>
      </DialogFooter>
    </form>
  );
}

function ShownToken({ baseUrl, token }: { baseUrl: string; token: string }) {
  return (
    <div className="flex flex-col gap-4">
      <Line label="Base URL" text={baseUrl} />
      <Line label="SCIM token" text={token} />
      <DialogFooter>
        <DialogClose asChild>
          <Button variant="primary">I have copied both</Button>
        </DialogClose>
      </DialogFooter>
    </div>
  );
}

function Line({ label, text }: { label: string; text: string }) {
  return (
    <div className="flex flex-col gap-1.5">
      <span className="text-[0.8125rem] font-medium">{label}</span>
      <div className="flex flex-wrap items-center gap-2">
        <CodeBlock className="flex-1 basis-60 break-all" label={label}>
          {text}
        </CodeBlock>
        <CopyButton text={text} label={`Copy the ${label}`} wide />
      </div>
    </div>
  );
}
