// What each role may do, in one place. Routes name a line of this table.
// Pure.
import { type Role, roleSchema } from '@sena/contracts/domain/principal';

export const may = {
  read: roleSchema.options,
  run: ['owner', 'admin', 'operator', 'approver'],
  decide: ['owner', 'admin', 'approver'],
  manageFleet: ['owner', 'admin'],
  managePolicies: ['owner', 'admin'],
  manageAudit: ['owner', 'admin'],
  readAudit: ['owner', 'admin', 'approver'],
} as const satisfies Record<string, readonly Role[]>;
