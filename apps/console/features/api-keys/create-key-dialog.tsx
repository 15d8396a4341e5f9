// Making a key: its name, what it may do, how long; then the key, shown once.
'use client';
import type { Permission } from '@sena/contracts/domain/permission';
import { sessionOnlyPermissions } from '@sena/contracts/domain/role-permissions';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Segmented } from '@sena/ui/segmented';
import { Select } from '@sena/ui/select';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
import { useMe } from '../session/use-me.ts';
import { permissionWords } from './permission-words.ts';
import { useCreateApiKey } from './use-api-keys.ts';

const lifetimes = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'A year' },
  { value: 'none', label: 'Does not expire' },
];

export function CreateKeyDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [key, setKey] = useState<string | null>(null);
  function change(next: boolean) {
    onOpenChange(next);
    // The key is shown once: after the dialog it is gone.
    if (!next) setKey(null);
  }
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent
        title={key === null ? 'Create an API key' : 'Copy the key now'}
        description={
          key === null
            ? 'For a program. It does no more than you choose here, and no more than you may do yourself when it is used.'
            : 'It is shown only once. SENA keeps a hash, so that nobody can show it again.'
        }
      >
        {key === null ? <KeyForm onCreated={setKey} /> : <ShownKey value={key} />}
      </DialogContent>
    </Dialog>
  );
}

function KeyForm({ onCreated }: { onCreated: (key: string) => void }) {
  const me = useMe();
  const offered = me.permissions.filter((permission) => !sessionOnlyPermissions.has(permission));
  const create = useCreateApiKey();
  const [reach, setReach] = useState<'some' | 'all'>('some');
  const [scopes, setScopes] = useState<ReadonlySet<Permission>>(new Set(['runs:read']));
  const [days, setDays] = useState('90');

  function toggle(permission: Permission) {
    setScopes((current) => {
      const next = new Set(current);
      if (!next.delete(permission)) next.add(permission);
      return next;
    });
  }

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (create.isPending) return;
    const name = String(new FormData(event.currentTarget).get('name') ?? '').trim();
    const expiresInSeconds = days === 'none' ? null : Number(days) * 86_400;
    create.mutate(
      { name, scopes: reach === 'all' ? null : [...scopes], expiresInSeconds },
      { onSuccess: (created) => onCreated(created.key) },
    );
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field label="Name" hint="What uses it, like ci or backup-report." error={fieldError(create.error, 'name')}>
        {(control) => <Input {...control} name="name" maxLength={100} autoComplete="off" required autoFocus />}
      </Field>
      <fieldset className="flex flex-col gap-2">
        <legend className="mb-1.5 text-[0.8125rem] font-medium">What it may do</legend>
        <Segmented
          label="What it may do"
          value={reach}
          onChange={setReach}
          options={[
            { value: 'some', label: 'Only some' },
            { value: 'all', label: 'Whatever I may' },
          ]}
        />
        {reach === 'some' && (
          <div className="grid gap-1.5 sm:grid-cols-2">
            {offered.map((permission) => (
              <label
                key={permission}
                className="flex items-start gap-2 rounded-md px-1 py-0.5 text-[0.8125rem] hover:bg-muted"
              >
                <input
                  type="checkbox"
                  className="mt-0.5 size-4 accent-primary"
                  checked={scopes.has(permission)}
                  onChange={() => toggle(permission)}
                />
                <span>
                  {permissionWords[permission]}
                  <code className="block font-mono text-xs text-muted-foreground">{permission}</code>
                </span>
              </label>
            ))}
          </div>
        )}
      </fieldset>
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
        <Button
          type="submit"
          variant="primary"
          busy={create.isPending}
          disabled={reach === 'some' && scopes.size === 0}
        >
          Create the key
        </Button>
      </DialogFooter>
    </form>
  );
}

function ShownKey({ value }: { value: string }) {
  return (
    <div className="flex flex-col gap-4">
      <CodeBlock className="break-all" label="API key">
        {value}
      </CodeBlock>
      <CopyButton text={value} label="Copy the key" wide className="self-start" />
      <DialogFooter>
        <DialogClose asChild>
          <Button variant="primary">I have copied it</Button>
        </DialogClose>
      </DialogFooter>
    </div>
  );
}
