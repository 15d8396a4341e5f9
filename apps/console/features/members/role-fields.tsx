// A role, what it may do in a sentence, and the nodes it is narrowed to.
'use client';
import type { Role } from '@sena/contracts/domain/principal';
import { scopableRoles } from '@sena/contracts/domain/role-permissions';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Select } from '@sena/ui/select';

const roles: ReadonlyArray<{ value: Role; label: string; sentence: string }> = [
  { value: 'viewer', label: 'Viewer', sentence: 'Sees nodes, runs and approvals. Runs nothing.' },
  { value: 'operator', label: 'Operator', sentence: 'Asks and runs. What changes something waits for an approver.' },
  {
    value: 'approver',
    label: 'Approver',
    sentence: 'Asks and runs, decides about the requests of others, reads the audit.',
  },
  { value: 'admin', label: 'Admin', sentence: 'Also manages nodes, satellites, policies and members.' },
  { value: 'owner', label: 'Owner', sentence: 'Everything, and who else is an owner.' },
];

interface RoleFieldsProps {
  role: Role;
  scope: string;
  onRole: (role: Role) => void;
  onScope: (scope: string) => void;
  /** The roles to choose from. */
  offered: readonly Role[];
  roleError: string | null;
  scopeError: string | null;
}

export function RoleFields({ role, scope, onRole, onScope, offered, roleError, scopeError }: RoleFieldsProps) {
  const options = roles.filter(({ value }) => offered.includes(value) || value === role);
  return (
    <>
      <Field label="Role" error={roleError} hint={roles.find(({ value }) => value === role)?.sentence}>
        {(control) => (
          <Select {...control} value={role} onValueChange={(value) => onRole(value as Role)} options={options} />
        )}
      </Field>
      {scopableRoles.has(role) && (
        <Field
          label="Only these nodes (optional)"
          error={scopeError}
          hint="A selector like env=staging. Everything beyond it is not there for this person. Empty: every node."
        >
          {(control) => (
            <Input
              {...control}
              value={scope}
              onChange={(event) => onScope(event.target.value)}
              placeholder="env=staging"
              className="font-mono text-[0.8125rem]"
              spellCheck={false}
              autoComplete="off"
              autoCapitalize="off"
              maxLength={2_000}
            />
          )}
        </Field>
      )}
    </>
  );
}

/** Only an owner makes one. */
export function rolesToGive(own: Role): readonly Role[] {
  return roles.map(({ value }) => value).filter((role) => role !== 'owner' || own === 'owner');
}

/** As the API takes it. */
export function scopeOf(role: Role, scope: string): string | null {
  return scopableRoles.has(role) && scope.trim() !== '' ? scope.trim() : null;
}
