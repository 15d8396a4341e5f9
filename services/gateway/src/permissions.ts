// The permission that each kind of route asks for. Which role has it stands in contracts/domain/role-permissions.
// Pure.
import type { Permission } from '@sena/contracts/domain/permission';

export const may = {
  read: 'runs:read',
  run: 'runs:write',
  readApprovals: 'approvals:read',
  decide: 'approvals:decide',
  readFleet: 'fleet:read',
  manageFleet: 'fleet:manage',
  managePolicies: 'policies:manage',
  readAudit: 'audit:read',
  manageAudit: 'audit:manage',
  readMembers: 'members:read',
  manageMembers: 'members:manage',
  manageKeys: 'keys:manage',
  manageSignIn: 'sign-in:manage',
  rotateKeys: 'trust:rotate',
  unlockSatellites: 'trust:unlock',
} as const satisfies Record<string, Permission>;
