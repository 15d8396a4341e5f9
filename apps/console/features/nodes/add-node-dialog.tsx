// Adding a server by hand: where it is, as whom to log in, which labels it carries. Its key is never asked for here.
'use client';
import { Button } from '@sena/ui/button';
import { Dialog, DialogContent } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Select } from '@sena/ui/select';
import { notifyDone } from '@sena/ui/toaster';
import Link from 'next/link';
import { useState } from 'react';
import { DialogForm } from '../forms/dialog-form.tsx';
import { readFields } from '../forms/read-fields.ts';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { useSites } from '../satellites/use-sites.ts';
import { findFormProblems } from './find-form-problems.ts';
import { parseLabels } from './parse-labels.ts';
import { useCreateNode } from './use-nodes.ts';

interface AddNodeDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function AddNodeDialog({ open, onOpenChange }: AddNodeDialogProps) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title="Add a node"
        description="A server that a satellite of its site reaches over SSH. The key to it stays with the satellite."
      >
        <NodeForm onDone={() => onOpenChange(false)} />
      </DialogContent>
    </Dialog>
  );
}

function NodeForm({ onDone }: { onDone: () => void }) {
  const sites = useSites();
  const create = useCreateNode();
  const [siteChoice, setSiteChoice] = useState<string | null>(null);
  const fields = useFieldErrors(create.error);
  const siteId = siteChoice ?? sites.data?.[0]?.id;

  if (sites.data !== undefined && sites.data.length === 0) {
    return (
      <Notice
        tone="info"
        title="A node belongs to a site, and there is none yet"
        action={
          <Button asChild size="sm">
            <Link href="/satellites?add">Add a satellite</Link>
          </Button>
        }
      >
        Adding a satellite makes its site.
      </Notice>
    );
  }

  function submit(form: FormData) {
    const text = readFields(form);
    const labels = parseLabels(text('labels'));
    const found = findFormProblems(text);
    const isRight = fields.allow(labels.kind === 'wrong' ? { ...found, labels: labels.sentence } : found);
    if (!isRight || labels.kind === 'wrong' || siteId === undefined) return;
    create.mutate(
      {
        name: text('name'),
        siteId,
        address: text('address'),
        port: Number(text('port')),
        runAs: text('runAs'),
        credential: text('credential'),
        hostKey: text('hostKey') === '' ? null : text('hostKey'),
        labels: labels.labels,
      },
      {
        onSuccess: (node) => {
          notifyDone(`${node.name} was added`, `It belongs to ${node.site.name}.`);
          onDone();
        },
      },
    );
  }

  const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'off' } as const;
  return (
    <DialogForm fields={fields} failure={create.error} busy={create.isPending} action="Add the node" onSubmit={submit}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" error={fields.errorOf('name')}>
          {(control) => (
            <Input {...control} {...plain} name="name" placeholder="web-07" maxLength={63} required autoFocus />
          )}
        </Field>
        <Field label="Site" error={fields.errorOf('siteId')}>
          {(control) => (
            <Select
              {...control}
              value={siteId ?? ''}
              onValueChange={setSiteChoice}
              options={(sites.data ?? []).map((site) => ({ value: site.id, label: site.name }))}
            />
          )}
        </Field>
        <Field label="Address" error={fields.errorOf('address')} hint="As the satellite reaches it.">
          {(control) => (
            <Input {...control} {...plain} name="address" placeholder="10.0.4.17" maxLength={253} required />
          )}
        </Field>
        <Field label="SSH port" error={fields.errorOf('port')}>
          {(control) => (
            <Input {...control} name="port" type="number" min={1} max={65_535} defaultValue={22} required />
          )}
        </Field>
        <Field label="Log in as" error={fields.errorOf('runAs')}>
          {(control) => <Input {...control} {...plain} name="runAs" defaultValue="root" maxLength={32} required />}
        </Field>
        <Field
          label="Credential"
          error={fields.errorOf('credential')}
          hint="Its name in the satellite’s configuration."
        >
          {(control) => (
            <Input {...control} {...plain} name="credential" defaultValue="default" maxLength={64} required />
          )}
        </Field>
      </div>
      <Field label="Labels" error={fields.errorOf('labels')} hint="For example role=web, rack=a">
        {(control) => <Input {...control} {...plain} name="labels" />}
      </Field>
      <Field
        label="Host key fingerprint (optional)"
        error={fields.errorOf('hostKey')}
        hint="As ssh-keygen -lf prints it. Without it the satellite goes by the keys it knows."
      >
        {(control) => (
          <Input {...control} {...plain} name="hostKey" placeholder="SHA256:…" className="font-mono text-xs" />
        )}
      </Field>
    </DialogForm>
  );
}
