// What a permission is called where people choose it. Pure.
import type { Permission } from '@sena/contracts/domain/permission';

export const permissionWords: Record<Permission, string> = {
  'runs:read': 'See runs and their output',
  'runs:write': 'Ask and run',
  'approvals:read': 'See approvals',
  'approvals:decide': 'Decide about requests',
  'fleet:read': 'See nodes and satellites',
  'fleet:manage': 'Manage nodes and satellites',
  'policies:manage': 'Manage policies',
  'audit:read': 'Read the audit',
  'audit:manage': 'Say where the audit is sent',
  'members:read': 'See members',
  'members:manage': 'Manage members',
  'keys:manage': 'Manage own keys and sessions',
  'sign-in:manage': 'Manage the sign-in provider',
  'trust:rotate': 'Rotate and retire dispatch keys',
  'trust:unlock': 'Unlock satellites',
};
