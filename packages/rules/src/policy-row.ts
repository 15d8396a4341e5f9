// A policy as it is stored, and as people see it. No I/O.
import type { Policy } from '@sena/contracts/http/policy';
import { compileRules } from '@sena/policy/rules/compile-rules';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';

export interface PolicyRow {
  organization_id: string;
  name: string;
  text: string;
  version: number;
  updated_by: string;
  updated_by_name: string;
  updated_at: Date;
}

export const policyColumns = 'organization_id, name, text, version, updated_by, updated_by_name, updated_at';

export function toPolicy(engine: CedarEngine, row: PolicyRow): Policy {
  const { name, text, version } = row;
  const rules = compileRules(engine, 'cloud', row.organization_id, [{ name, text }]);
  // A text that an earlier version of SENA took and this one can't read: whatever is judged by it is denied.
  const told = rules.kind === 'broken' ? rules.problems : rules.notes;
  return {
    name,
    text,
    version,
    updatedBy: { id: row.updated_by.replace(/^member:/, ''), name: row.updated_by_name },
    updatedAt: row.updated_at.toISOString(),
    notes: told.map(({ document, line, column, message }) => ({ policy: document, line, column, message })),
  };
}
