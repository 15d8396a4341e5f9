// Who belongs to the organization, what each may do and where; who is invited.
'use client';
import type { Invitation, OrganizationMember } from '@sena/contracts/http/members';
import { Badge, type Tone } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { EmptyState } from '@sena/ui/empty-state';
import { createColumnHelper } from '@tanstack/react-table';
import { LogOut, MailPlus, Pencil, ShieldCheck, Trash2, Users, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { useMe } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { Ago } from '../time/ago.tsx';
import { ChangeMemberDialog } from './change-member-dialog.tsx';
import { DirectoryCard } from './directory-card.tsx';
import { findSoleOwner } from './find-sole-owner.ts';
import { InviteDialog } from './invite-dialog.tsx';
import { SignInProviderCard } from './sign-in-provider-card.tsx';
import {
  useInvitationList,
  useMemberList,
  useRemoveMember,
  useRevokeInvitation,
  useSignMemberOut,
} from './use-members.ts';

const memberColumn = createColumnHelper<typeof listFeatures, OrganizationMember>();
const invitationColumn = createColumnHelper<typeof listFeatures, Invitation>();

export function MembersPage() {
  const me = useMe();
  const mayManage = me.permissions.includes('members:manage');
  const [inviting, setInviting] = useState(false);
  const [changing, setChanging] = useState<OrganizationMember | null>(null);
  const members = useMemberList();
  const invitations = useInvitationList(mayManage);
  const soleOwnerId = findSoleOwner(members.rows ?? [], !members.hasNextPage);
  const columns = useMemo(
    () => memberColumns(me.user.id, mayManage, soleOwnerId, setChanging),
    [me.user.id, mayManage, soleOwnerId],
  );
  const [invitationColumns] = useState(() => columnsOfInvitations());

  return (
    <Page
      title="Members"
      description={`Who belongs to ${me.organization.name}, what each may do, and on which nodes.`}
      actions={
        mayManage && (
          <Button variant="primary" onClick={() => setInviting(true)}>
            <MailPlus aria-hidden /> Invite a member
          </Button>
        )
      }
    >
      <DataTable
        label="Members"
        columns={columns}
        list={members}
        wideOnly={['scope', 'secondFactor', 'joined']}
        empty={
          <EmptyState icon={<Users />} title="Nobody yet">
            Invite the people who run these servers with you.
          </EmptyState>
        }
      />
      {mayManage && (
        <section className="flex flex-col gap-3" aria-labelledby="invitations">
          <h2 id="invitations" className="text-sm font-semibold">
            Invitations
          </h2>
          <DataTable
            label="Invitations"
            columns={invitationColumns}
            list={invitations}
            wideOnly={['by', 'scope']}
            empty={
              <EmptyState
                icon={<MailPlus />}
                title="Nobody is invited"
                action={<Button onClick={() => setInviting(true)}>Invite a member</Button>}
              >
                An approval takes a second person: invite one who knows what a change means.
              </EmptyState>
            }
          />
        </section>
      )}
      {me.permissions.includes('sign-in:manage') && <SignInProviderCard />}
      {me.permissions.includes('sign-in:manage') && <DirectoryCard />}
      <InviteDialog open={inviting} onOpenChange={setInviting} />
      <ChangeMemberDialog member={changing} onClose={() => setChanging(null)} />
    </Page>
  );
}

function memberColumns(
  myId: string,
  mayManage: boolean,
  soleOwnerId: string | null,
  onChange: (member: OrganizationMember) => void,
) {
  return memberColumn.columns([
    memberColumn.display({
      id: 'name',
      header: 'Member',
      cell: ({ row: { original: member } }) => (
        <span className="flex min-w-0 flex-col">
          <span className="font-medium">
            {member.name}
            {member.id === myId && <span className="font-normal text-muted-foreground"> (you)</span>}
          </span>
          <span className="text-xs break-all text-muted-foreground">{member.email}</span>
        </span>
      ),
    }),
    memberColumn.display({
      id: 'role',
      header: 'Role',
      cell: ({ row: { original: member } }) => (
        <span className="flex flex-col items-start gap-1">
          <Badge tone={member.role === 'owner' || member.role === 'admin' ? 'primary' : 'neutral'}>{member.role}</Badge>
          {member.scope !== null && <span className="font-mono text-xs break-all md:hidden">{member.scope}</span>}
        </span>
      ),
    }),
    memberColumn.display({
      id: 'scope',
      header: 'Nodes',
      cell: ({ row }) => <Scope scope={row.original.scope} />,
    }),
    memberColumn.display({
      id: 'secondFactor',
      header: 'Second factor',
      cell: ({ row }) =>
        row.original.secondFactor ? (
          <Badge tone="success">
            <ShieldCheck aria-hidden /> on
          </Badge>
        ) : (
          <span className="text-xs text-muted-foreground">off</span>
        ),
    }),
    memberColumn.display({
      id: 'joined',
      header: 'Joined',
      cell: ({ row }) => (
        <span className="text-xs text-muted-foreground">
          <Ago at={row.original.joinedAt} />
        </span>
      ),
    }),
    ...(mayManage
      ? [
          memberColumn.display({
            id: 'actions',
            header: () => <span className="sr-only">Actions</span>,
            cell: ({ row }) => (
              <MemberActions member={row.original} isSoleOwner={row.original.id === soleOwnerId} onChange={onChange} />
            ),
          }),
        ]
      : []),
  ]);
}

interface MemberActionsProps {
  member: OrganizationMember;
  /** Stays an owner, and stays: what can't be done is shown as that, with the reason. */
  isSoleOwner: boolean;
  onChange: (member: OrganizationMember) => void;
}

function MemberActions({ member, isSoleOwner, onChange }: MemberActionsProps) {
  const why = `${member.name} is the only owner, and can be neither changed nor removed. Make another member an owner first.`;
  const remove = useRemoveMember();
  const signOut = useSignMemberOut();
  return (
    <span className="flex items-center justify-end gap-1">
      <Button
        size="icon"
        variant="ghost"
        className="size-7"
        disabled={isSoleOwner}
        onClick={() => onChange(member)}
        aria-label={`Change ${member.name}`}
        title={isSoleOwner ? why : `Change ${member.name}`}
      >
        <Pencil aria-hidden />
      </Button>
      <ConfirmDialog
        trigger={
          <Button
            size="icon"
            variant="ghost"
            className="size-7"
            busy={signOut.isPending}
            aria-label={`Sign ${member.name} out`}
            title={`Sign ${member.name} out`}
          >
            <LogOut aria-hidden />
          </Button>
        }
        title={`Sign ${member.name} out everywhere?`}
        description="Every browser that is signed in as this person is signed out at once. Their API keys go on."
        action="Sign out everywhere"
        keep="Not now"
        onConfirm={() => signOut.mutate(member)}
      />
      <ConfirmDialog
        trigger={
          <Button
            size="icon"
            variant="ghost"
            className="size-7 hover:text-danger"
            disabled={isSoleOwner}
            busy={remove.isPending}
            aria-label={`Remove ${member.name}`}
            title={isSoleOwner ? why : `Remove ${member.name}`}
          >
            <Trash2 aria-hidden />
          </Button>
        }
        title={`Remove ${member.name}?`}
        description="Their API keys and sessions of this organization end at once. What they asked for stays, and goes on; cancel the runs that are not wanted."
        action={`Remove ${member.name}`}
        keep="Keep them"
        onConfirm={() => remove.mutate(member)}
      />
    </span>
  );
}

const statusTone: Record<Invitation['status'], Tone> = {
  pending: 'warning',
  accepted: 'success',
  revoked: 'neutral',
  expired: 'neutral',
};

function columnsOfInvitations() {
  return invitationColumn.columns([
    invitationColumn.display({
      id: 'email',
      header: 'Invited',
      cell: ({ row }) => <span className="break-all">{row.original.email}</span>,
    }),
    invitationColumn.display({
      id: 'role',
      header: 'Role',
      cell: ({ row }) => <Badge>{row.original.role}</Badge>,
    }),
    invitationColumn.display({
      id: 'scope',
      header: 'Nodes',
      cell: ({ row }) => <Scope scope={row.original.scope} />,
    }),
    invitationColumn.display({
      id: 'status',
      header: 'Status',
      cell: ({ row }) => <Badge tone={statusTone[row.original.status]}>{row.original.status}</Badge>,
    }),
    invitationColumn.display({
      id: 'by',
      header: 'By',
      cell: ({ row }) => (
        <span className="text-xs text-muted-foreground">
          {row.original.invitedBy.name}, <Ago at={row.original.createdAt} />
        </span>
      ),
    }),
    invitationColumn.display({
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row }) => (row.original.status === 'pending' ? <RevokeInvitation invitation={row.original} /> : null),
    }),
  ]);
}

function RevokeInvitation({ invitation }: { invitation: Invitation }) {
  const revoke = useRevokeInvitation();
  return (
    <span className="flex justify-end">
      <ConfirmDialog
        trigger={
          <Button
            size="sm"
            variant="ghost"
            busy={revoke.isPending}
            aria-label={`Take back the invitation of ${invitation.email}`}
          >
            <X aria-hidden /> Take back
          </Button>
        }
        title="Take the invitation back?"
        description={`The link that ${invitation.email} has is worth nothing then.`}
        action="Take it back"
        keep="Leave it open"
        onConfirm={() => revoke.mutate(invitation)}
      />
    </span>
  );
}

function Scope({ scope }: { scope: string | null }) {
  if (scope === null) return <span className="text-xs text-muted-foreground">every node</span>;
  return <code className="font-mono text-xs break-all">{scope}</code>;
}
