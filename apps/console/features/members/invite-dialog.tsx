// Inviting somebody: address, role, nodes; then the link, shown once, to hand on.
'use client';
import type { Role } from '@sena/contracts/domain/principal';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { useState } from 'react';
import { DialogForm } from '../forms/dialog-form.tsx';
import { readFields } from '../forms/read-fields.ts';
import { ShownOnceDialog } from '../forms/shown-once-dialog.tsx';
import { useFieldErrors } from '../forms/use-field-errors.ts';
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
  return (
    <ShownOnceDialog<Issued>
      open={open}
      onOpenChange={onOpenChange}
      title="Invite a member"
      description="You get a link to hand on. Where SENA has a mail server, it goes to the person by mail as well."
      form={(onMade) => <InviteForm onIssued={onMade} />}
      show={({ link, mailed, email, expiresAt }) => ({
        title: mailed ? `This link was mailed to ${email}` : `Hand this link to ${email}`,
        description:
          'It is shown only once, works once, and lets in whoever holds it. Send it where only that person reads.',
        lines: [{ label: 'Invitation link', text: link, copy: 'Copy the link' }],
        note: <WorksUntil expiresAt={expiresAt} />,
      })}
    />
  );
}

function WorksUntil({ expiresAt }: { expiresAt: string }) {
  const nowMs = useNow(30_000);
  return <>Works once, expires {formatIn(expiresAt, nowMs)}</>;
}

/** Whether it can be an address; the API decides about the rest. */
const addressPattern = /^[^\s@]+@[^\s@]+$/;

function InviteForm({ onIssued }: { onIssued: (issued: Issued) => void }) {
  const me = useMe();
  const invite = useInvite();
  const fields = useFieldErrors(invite.error);
  const [role, setRole] = useState<Role>('operator');
  const [scope, setScope] = useState('');

  function submit(form: FormData) {
    const email = readFields(form)('email');
    const isAddress = addressPattern.test(email);
    if (!fields.allow(isAddress ? {} : { email: 'Give the address of a person, like nia@example.com.' })) return;
    invite.mutate({ email, role, scope: scopeOf(role, scope) }, { onSuccess: onIssued });
  }

  return (
    <DialogForm fields={fields} failure={invite.error} busy={invite.isPending} action="Make the link" onSubmit={submit}>
      <Field label="Email" error={fields.errorOf('email')}>
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
        roleError={fields.errorOf('role')}
        scopeError={fields.errorOf('scope')}
      />
    </DialogForm>
  );
}
