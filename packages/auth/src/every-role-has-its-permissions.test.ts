// The table of roles, written down a second time by hand: every role × every permission, with and without bounds and keys.
import { type Permission, permissionSchema } from '@sena/contracts/domain/permission';
import { type Role, roleSchema } from '@sena/contracts/domain/principal';
import { rolesWith, scopableRoles } from '@sena/contracts/domain/role-permissions';
import { describe, expect, it } from 'vitest';
import { isAllowed, permissionsOf, scopeOf } from './abilities.ts';

const table: Record<Permission, string> = {
  'runs:read': 'owner admin operator approver viewer',
  'runs:write': 'owner admin operator approver',
  'approvals:read': 'owner admin operator approver viewer',
  'approvals:decide': 'owner admin approver',
  'fleet:read': 'owner admin operator approver viewer',
  'fleet:manage': 'owner admin',
  'policies:manage': 'owner admin',
  'audit:read': 'owner admin approver',
  'audit:manage': 'owner admin',
  'members:read': 'owner admin operator approver viewer',
  'members:manage': 'owner admin',
  'keys:manage': 'owner admin operator approver viewer',
  'sign-in:manage': 'owner',
  'trust:rotate': 'owner admin',
  'trust:unlock': 'owner',
};

const asking = (role: Role, scope: string | null = null, keyPermissions: Permission[] | null = null) => ({
  role,
  scope,
  keyPermissions,
  by: keyPermissions === null ? ('session' as const) : ('api_key' as const),
});
const pairs = roleSchema.options.flatMap((role) =>
  permissionSchema.options.map((permission) => ({
    role,
    permission,
    allowed: table[permission].split(' ').includes(role),
  })),
);

describe.each(pairs)('$role and $permission: $allowed', ({ role, permission, allowed }) => {
  it('as the table says', () => {
    expect(isAllowed(asking(role), permission)).toBe(allowed);
    expect(permissionsOf(asking(role)).includes(permission)).toBe(allowed);
    expect(rolesWith(permission).includes(role)).toBe(allowed);
    expect(scopeOf(asking(role), permission)).toBeNull();
  });

  it('by a key that has it, by one that has everything else, by one that has nothing', () => {
    expect(isAllowed(asking(role, null, [permission]), permission)).toBe(allowed && permission !== 'sign-in:manage');
    expect(isAllowed({ ...asking(role), by: 'api_key' }, permission)).toBe(allowed && permission !== 'sign-in:manage');
    const others = permissionSchema.options.filter((other) => other !== permission);
    expect(isAllowed(asking(role, null, others), permission)).toBe(false);
    expect(permissionsOf(asking(role, null, []))).toEqual([]);
  });

  it('within bounds: never more, and bounded where it is about nodes', () => {
    if (!scopableRoles.has(role)) return expect(['owner', 'admin']).toContain(role);
    const bounded = asking(role, 'env=staging');
    expect(isAllowed(bounded, permission)).toBe(allowed && permission !== 'audit:read');
    const isAboutNodes = /^(runs|approvals|fleet):/.test(permission);
    expect(scopeOf(bounded, permission)).toBe(allowed && isAboutNodes ? 'env=staging' : null);
  });
});
