// Inviting somebody: address, role, nodes; then the link, shown once, to hand on.
'use client';
import type { Role } from '@sena/contracts/domain/principal';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
import { useMe } from '../session/use-me.ts';
import { formatIn } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { RoleFields, rolesToGive, scopeOf } from './role-fields.tsx';
import { useInvite } from './use-members.ts';

interface Issued {
  link: string;
  /** It went to the person by mail too. */
  mailed: boolean;
  email: string;
  expiresAt: string;
}

export function InviteDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const [issued, setIssued] = useState<Issued | null>(null);
  function change(next: boolean) {
    onOpenChange(next);
    // The link is shown once: after the dialog it is gone.
    if (!next) setIssued(null);
  }
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent
        title={titleOf(issued)}
        description={
          issued === null
            ? 'You get a link to hand on. Where SENA has a mail server, it goes to the person by mail as well.'
            : 'It is shown only once, works once, and lets in whoever holds it. Send it where only that person reads.'
        }
      >
        {issued === null ? <InviteForm onIssued={setIssued} /> : <Link issued={issued} />}
      </DialogContent>
    </Dialog>
  );
}

function titleOf(issued: Issued | null): string {
  if (issued === null) return 'Invite a member';
  return issued.mailed ? `This link was mailed to ${issued.email}` : `Hand this link to ${issued.email}`;
}

function InviteForm({ onIssued }: { onIssued: (issued: Issued) => void }) {
  const me = useMe();
  const invite = useInvite();
  const [role, setRole] = useState<Role>('operator');
  const [scope, setScope] = useState('');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (invite.isPending) return;
    const email = String(new FormData(event.currentTarget).get('email') ?? '').trim();
    invite.mutate({ email, role, scope: scopeOf(role, scope) }, { onSuccess: onIssued });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field label="Email" error={fieldError(invite.error, 'email')}>
        {(control) => (
          <Input {...control} name="email" type="email" autoComplete="off" maxLength={320} required autoFocus />
        )}
      </Field>
      <RoleFields
        role={role}
        scope={scope}
        onRole={setRole}
        onScope={setScope}
        offered={rolesToGive(me.role)}
        error={invite.error}
      />
      {invite.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(invite.error).title}>
          {describeFailure(invite.error).detail}
        </Notice>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Not now</Button>
        </DialogClose>
        <Button type="submit" variant="primary" busy={invite.isPending}>
          Make the link
        </Button>
      </DialogFooter>
    </form>
  );
}

function Link({ issued }: { issued: Issued }) {
  const nowMs = useNow(30_000);
  return (
    <div className="flex flex-col gap-4">
      <CodeBlock className="break-all" label="Invitation link">
        {issued.link}
      </CodeBlock>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <CopyButton text={issued.link} label="Copy the link" wide />
        <span className="text-xs text-muted-foreground">Works once, expires {formatIn(issued.expiresAt, nowMs)}</span>
      </div>
      <DialogFooter>
        <DialogClose asChild>
          <Button variant="primary">I have copied it</Button>
        </DialogClose>
      </DialogFooter>
    </div>
  );
}
