// Who can be neither changed nor removed, because nobody else is an owner. Pure.
import type { OrganizationMember } from '@sena/contracts/http/members';

/** The id of the only owner. null: there are several, or not all members are known (`isComplete`). */
export function findSoleOwner(
  members: ReadonlyArray<Pick<OrganizationMember, 'id' | 'role'>>,
  isComplete: boolean,
): string | null {
  const owners = members.filter(({ role }) => role === 'owner');
  return isComplete && owners.length === 1 ? (owners[0]?.id ?? null) : null;
}
