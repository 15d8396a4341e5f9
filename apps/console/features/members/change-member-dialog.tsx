// Another role, or other nodes. Holds from the member's next request on.
'use client';
import type { OrganizationMember } from '@sena/contracts/http/members';
import { useState } from 'react';
import { ChangeDialog } from '../forms/change-dialog.tsx';
import { DialogForm } from '../forms/dialog-form.tsx';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { useMe } from '../session/use-me.ts';
import { RoleFields, rolesToGive, scopeOf } from './role-fields.tsx';
import { useChangeMember } from './use-members.ts';

export function ChangeMemberDialog({ member, onClose }: { member: OrganizationMember | null; onClose: () => void }) {
  return (
    <ChangeDialog
      thing={member}
      onClose={onClose}
      title={({ name }) => `Change ${name}`}
      description="Holds from their next request on. What they asked for before goes on as it was asked for."
    >
      {(shown) => <ChangeForm member={shown} onDone={onClose} />}
    </ChangeDialog>
  );
}

function ChangeForm({ member, onDone }: { member: OrganizationMember; onDone: () => void }) {
  const me = useMe();
  const change = useChangeMember();
  const fields = useFieldErrors(change.error);
  const [role, setRole] = useState(member.role);
  const [scope, setScope] = useState(member.scope ?? '');
  return (
    <DialogForm
      fields={fields}
      failure={change.error}
      busy={change.isPending}
      leave="Keep it"
      action={`Change ${member.name}`}
      onSubmit={() => change.mutate({ id: member.id, role, scope: scopeOf(role, scope) }, { onSuccess: onDone })}
    >
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
