// Who may decide about somebody else's request. Pure.
import type { Role } from '@sena/contracts/domain/principal';

export const decidingRoles: ReadonlySet<Role> = new Set<Role>(['owner', 'admin', 'approver']);
