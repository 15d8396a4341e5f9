// Who may decide about somebody else's request. Pure.
import type { Role } from '@sena/contracts/domain/principal';
import { rolesWith } from '@sena/contracts/domain/role-permissions';

export const decidingRoles: ReadonlySet<Role> = new Set(rolesWith('approvals:decide'));
