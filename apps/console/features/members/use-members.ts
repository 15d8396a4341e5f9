// The members of the organization and its invitations; inviting, changing, removing.
import type { Role } from '@sena/contracts/domain/principal';
import type { Invitation, OrganizationMember } from '@sena/contracts/http/members';
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';

const membersKey = ['members'] as const;
const invitationsKey = ['invitations'] as const;

const page = (cursor: string | undefined) => ({ query: { limit: 100, ...(cursor === undefined ? {} : { cursor }) } });

export function useMemberList() {
  return useList<OrganizationMember>({
    key: membersKey,
    load: (cursor, signal) => takeData(sena.GET('/v1/members', { params: page(cursor), signal })),
    everyMs: 30_000,
  });
}

export function useInvitationList(enabled: boolean) {
  return useList<Invitation>({
    key: invitationsKey,
    load: (cursor, signal) => takeData(sena.GET('/v1/invitations', { params: page(cursor), signal })),
    everyMs: 30_000,
    enabled,
  });
}

export interface RoleAndScope {
  role: Role;
  scope: string | null;
}

export function useInvite() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: (body: RoleAndScope & { email: string }) =>
      takeData(sena.POST('/v1/invitations', { body: { ...body, expiresInSeconds: 7 * 86_400 } })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: invitationsKey }),
  });
}

export function useChangeMember() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id, ...body }: RoleAndScope & { id: string }) =>
      takeData(sena.PATCH('/v1/members/{id}', { params: { path: { id } }, body })),
    onSuccess: (member) => {
      notifyDone(
        `${member.name} is ${member.role} now`,
        member.scope === null ? 'On every node.' : `On ${member.scope}.`,
      );
      return queryClient.invalidateQueries({ queryKey: membersKey });
    },
  });
}

const onError = (error: Error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail);

export function useRemoveMember() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: OrganizationMember) => takeData(sena.DELETE('/v1/members/{id}', { params: { path: { id } } })),
    onSuccess: (_, member) => notifyDone(`${member.name} was removed`, 'Their keys and sessions have ended.'),
    onError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: membersKey }),
  });
}

export function useSignMemberOut() {
  return useMutation({
    mutationFn: ({ id }: OrganizationMember) =>
      takeData(sena.DELETE('/v1/members/{id}/sessions', { params: { path: { id } } })),
    onSuccess: (_, member) =>
      notifyDone(`${member.name} is signed out everywhere`, 'API keys go on; revoke those apart.'),
    onError,
  });
}

export function useRevokeInvitation() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Invitation) => takeData(sena.DELETE('/v1/invitations/{id}', { params: { path: { id } } })),
    onSuccess: (_, invitation) =>
      notifyDone('The invitation was taken back', `Its link to ${invitation.email} is worth nothing now.`),
    onError,
    onSettled: () => queryClient.invalidateQueries({ queryKey: invitationsKey }),
  });
}
