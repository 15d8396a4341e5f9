// What a member, or an API key of theirs, may be allowed to do. The scopes of API keys are these words too. Types and schemas only.
import { z } from 'zod';

export const permissionSchema = z.enum([
  'runs:read',
  'runs:write',
  'approvals:read',
  'approvals:decide',
  'fleet:read',
  'fleet:manage',
  'policies:manage',
  'audit:read',
  'audit:manage',
  'members:read',
  'members:manage',
  'keys:manage',
  'sign-in:manage',
  'trust:rotate',
  'trust:unlock',
]);
export type Permission = z.infer<typeof permissionSchema>;
