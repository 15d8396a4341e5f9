// Another role, or other nodes. Holds from the member's next request on.
'use client';
import type { OrganizationMember } from '@sena/contracts/http/members';
import { Button } from '@sena/ui/button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Notice } from '@sena/ui/notice';
import { type FormEvent, useState } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { useMe } from '../session/use-me.ts';
import { RoleFields, rolesToGive, scopeOf } from './role-fields.tsx';
import { useChangeMember } from './use-members.ts';

export function ChangeMemberDialog({ member, onClose }: { member: OrganizationMember | null; onClose: () => void }) {
  return (
    <Dialog open={member !== null} onOpenChange={(open) => !open && onClose()}>
      {member !== null && (
        <DialogContent
          title={`Change ${member.name}`}
          description="Holds from their next request on. What they asked for before goes on as it was asked for."
        >
          <ChangeForm member={member} onDone={onClose} />
        </DialogContent>
      )}
    </Dialog>
  );
}

function ChangeForm({ member, onDone }: { member: OrganizationMember; onDone: () => void }) {
  const me = useMe();
  const change = useChangeMember();
  const [role, setRole] = useState(member.role);
  const [scope, setScope] = useState(member.scope ?? '');

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!change.isPending) change.mutate({ id: member.id, role, scope: scopeOf(role, scope) }, { onSuccess: onDone });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <RoleFields
        role={role}
        scope={scope}
        onRole={setRole}
        onScope={setScope}
        offered={rolesToGive(me.role)}
        error={change.error}
      />
      {change.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(change.error).title}>
          {describeFailure(change.error).detail}
        </Notice>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Keep it</Button>
        </DialogClose>
        <Button type="submit" variant="primary" busy={change.isPending}>
          Change {member.name}
        </Button>
      </DialogFooter>
    </form>
  );
}
