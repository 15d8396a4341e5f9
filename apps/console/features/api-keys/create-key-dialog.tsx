// Making a key: its name, what it may do, how long; then the key, shown once.
'use client';
import type { Permission } from '@sena/contracts/domain/permission';
import { sessionOnlyPermissions } from '@sena/contracts/domain/role-permissions';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Segmented } from '@sena/ui/segmented';
import { Select } from '@sena/ui/select';
import { useId, useState } from 'react';
import { DialogForm } from '../forms/dialog-form.tsx';
import { findMissing } from '../forms/find-missing.ts';
import { readFields } from '../forms/read-fields.ts';
import { ShownOnceDialog } from '../forms/shown-once-dialog.tsx';
import { useFieldErrors } from '../forms/use-field-errors.ts';
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
  return (
    <ShownOnceDialog<string>
      open={open}
      onOpenChange={onOpenChange}
      title="Create an API key"
      description="For a program. It does no more than you choose here, and no more than you may do yourself when it is used."
      form={(onMade) => <KeyForm onCreated={onMade} />}
      show={(key) => ({
        title: 'Copy the key now',
        description: 'It is shown only once. SENA keeps a hash, so that nobody can show it again.',
        lines: [{ label: 'API key', text: key, copy: 'Copy the key' }],
      })}
    />
  );
}

function KeyForm({ onCreated }: { onCreated: (key: string) => void }) {
  const create = useCreateApiKey();
  const fields = useFieldErrors(create.error);
  const [scopes, setScopes] = useState<ReadonlySet<Permission> | 'all'>(new Set<Permission>(['runs:read']));
  const [days, setDays] = useState('90');

  function submit(form: FormData) {
    const text = readFields(form);
    const found = findMissing(text, { name: 'Name what will use it.' });
    const doesNothing = scopes !== 'all' && scopes.size === 0;
    if (!fields.allow(doesNothing ? { ...found, scopes: 'Choose at least one thing that it may do.' } : found)) return;
    const expiresInSeconds = days === 'none' ? null : Number(days) * 86_400;
    create.mutate(
      { name: text('name'), scopes: scopes === 'all' ? null : [...scopes], expiresInSeconds },
      { onSuccess: (created) => onCreated(created.key) },
    );
  }

  return (
    <DialogForm
      fields={fields}
      failure={create.error}
      busy={create.isPending}
      action="Create the key"
      onSubmit={submit}
    >
      <Field label="Name" hint="What uses it, like ci or backup-report." error={fields.errorOf('name')}>
        {(control) => <Input {...control} name="name" maxLength={100} autoComplete="off" required autoFocus />}
      </Field>
      <Field label="Expires" error={fields.errorOf('expiresInSeconds')}>
        {(control) => <Select {...control} value={days} onValueChange={setDays} options={lifetimes} />}
      </Field>
      {/* Last: it is long, and what stands below it would be out of sight. */}
      <ScopeFields scopes={scopes} onChange={setScopes} error={fields.errorOf('scopes')} />
    </DialogForm>
  );
}

interface ScopeFieldsProps {
  scopes: ReadonlySet<Permission> | 'all';
  onChange: (scopes: ReadonlySet<Permission> | 'all') => void;
  error: string | null;
}

function ScopeFields({ scopes, onChange, error }: ScopeFieldsProps) {
  const me = useMe();
  const errorId = useId();
  const offered = me.permissions.filter((permission) => !sessionOnlyPermissions.has(permission));
  // What was chosen stays chosen while the other way is looked at.
  const [chosen, setChosen] = useState<ReadonlySet<Permission>>(scopes === 'all' ? new Set() : scopes);

  function choose(permission: Permission) {
    const next = new Set(chosen);
    if (!next.delete(permission)) next.add(permission);
    setChosen(next);
    onChange(next);
  }

  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-1.5 text-[0.8125rem] font-medium">What it may do</legend>
      <Segmented
        label="What it may do"
        value={scopes === 'all' ? 'all' : 'some'}
        onChange={(reach) => onChange(reach === 'all' ? 'all' : chosen)}
        options={[
          { value: 'some', label: 'Only some' },
          { value: 'all', label: 'Whatever I may' },
        ]}
      />
      {scopes !== 'all' && (
        <>
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
                  aria-invalid={error === null ? undefined : true}
                  aria-describedby={error === null ? undefined : errorId}
                  onChange={() => choose(permission)}
                />
                <span>
                  {permissionWords[permission]}
                  <code className="block font-mono text-xs text-muted-foreground">{permission}</code>
                </span>
              </label>
            ))}
          </div>
          {error !== null && (
            <p id={errorId} className="text-[0.8125rem] text-danger">
              {error}
            </p>
          )}
        </>
      )}
    </fieldset>
  );
}
