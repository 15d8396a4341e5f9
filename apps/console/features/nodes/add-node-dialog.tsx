// Adding a server by hand: where it is, as whom to log in, which labels it carries. Its key is never asked for here.
'use client';
import { Button } from '@sena/ui/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Select } from '@sena/ui/select';
import { notifyDone } from '@sena/ui/toaster';
import Link from 'next/link';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
import { useSites } from '../satellites/use-sites.ts';
import { type FormProblems, findFormProblems } from './find-form-problems.ts';
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
  const [labelError, setLabelError] = useState<string | null>(null);
  const [problems, setProblems] = useState<FormProblems>({});
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

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const labels = parseLabels(text('labels'));
    setLabelError(labels.kind === 'wrong' ? labels.sentence : null);
    const found = findFormProblems(text);
    setProblems(found);
    if (labels.kind === 'wrong' || Object.keys(found).length > 0 || siteId === undefined || create.isPending) return;
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
    <form className="flex flex-col gap-4" noValidate onSubmit={submit}>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Name" error={problems.name ?? fieldError(create.error, 'name')}>
          {(control) => (
            <Input {...control} {...plain} name="name" placeholder="web-07" maxLength={63} required autoFocus />
          )}
        </Field>
        <Field label="Site" error={fieldError(create.error, 'siteId')}>
          {(control) => (
            <Select
              id={control.id}
              value={siteId ?? ''}
              onValueChange={setSiteChoice}
              options={(sites.data ?? []).map((site) => ({ value: site.id, label: site.name }))}
            />
          )}
        </Field>
        <Field
          label="Address"
          error={problems.address ?? fieldError(create.error, 'address')}
          hint="As the satellite reaches it."
        >
          {(control) => (
            <Input {...control} {...plain} name="address" placeholder="10.0.4.17" maxLength={253} required />
          )}
        </Field>
        <Field label="SSH port" error={problems.port ?? fieldError(create.error, 'port')}>
          {(control) => (
            <Input {...control} name="port" type="number" min={1} max={65_535} defaultValue={22} required />
          )}
        </Field>
        <Field label="Log in as" error={problems.runAs ?? fieldError(create.error, 'runAs')}>
          {(control) => <Input {...control} {...plain} name="runAs" defaultValue="root" maxLength={32} required />}
        </Field>
        <Field
          label="Credential"
          error={problems.credential ?? fieldError(create.error, 'credential')}
          hint="Its name in the satellite’s configuration."
        >
          {(control) => (
            <Input {...control} {...plain} name="credential" defaultValue="default" maxLength={64} required />
          )}
        </Field>
      </div>
      <Field
        label="Labels"
        error={labelError ?? fieldError(create.error, 'labels')}
        hint="For example role=web, rack=a"
      >
        {(control) => <Input {...control} {...plain} name="labels" />}
      </Field>
      <Field
        label="Host key fingerprint (optional)"
        error={fieldError(create.error, 'hostKey')}
        hint="As ssh-keygen -lf prints it. Without it the satellite goes by the keys it knows."
      >
        {(control) => (
          <Input {...control} {...plain} name="hostKey" placeholder="SHA256:…" className="font-mono text-xs" />
        )}
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
          Add the node
        </Button>
      </DialogFooter>
    </form>
  );
}
