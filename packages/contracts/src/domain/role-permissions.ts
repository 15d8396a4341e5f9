// The one table of roles: what each may do. A selector may narrow a role, an API key has a list of its own; neither adds anything to this.
import { type Permission, permissionSchema } from './permission.ts';
import { type Role, roleSchema } from './principal.ts';

const reading = ['runs:read', 'approvals:read', 'fleet:read'] as const satisfies readonly Permission[];

export const permissionsOfRole: Readonly<Record<Role, readonly Permission[]>> = {
  owner: permissionSchema.options,
  // Whoever says where people sign in can sign in as anybody of the organization, also as an owner. And of two copies of a satellite the wrong
  // one may be let in again.
  admin: permissionSchema.options.filter(
    (permission) => permission !== 'sign-in:manage' && permission !== 'trust:unlock',
  ),
  operator: [...reading, 'runs:write', 'members:read', 'keys:manage'],
  approver: [...reading, 'runs:write', 'approvals:decide', 'audit:read', 'members:read', 'keys:manage'],
  viewer: [...reading, 'members:read', 'keys:manage'],
};

/** Roles that a selector can narrow: who manages the organization manages all of it. */
export const scopableRoles: ReadonlySet<Role> = new Set<Role>(['operator', 'approver', 'viewer']);

/** For a person who is signed in. A key that says where people sign in could sign in as any of them. */
export const sessionOnlyPermissions: ReadonlySet<Permission> = new Set<Permission>(['sign-in:manage']);

export function rolesWith(permission: Permission): Role[] {
  return roleSchema.options.filter((role) => permissionsOfRole[role].includes(permission));
}
