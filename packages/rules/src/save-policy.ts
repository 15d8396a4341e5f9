// An organization says what may happen: a new text, or another one for a policy that it has. Entered by the gateway. Every text is kept.
import { type Member, principalRef } from '@sena/contracts/domain/principal';
import { SenaError } from '@sena/contracts/errors';
import type { Policy } from '@sena/contracts/http/policy';
import type { TenantTransaction } from '@sena/db/tenant';
import { compileRules } from '@sena/policy/rules/compile-rules';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import { describeProblems } from './describe-problems.ts';
import { lockPolicies } from './lock-policies.ts';
import { type PolicyRow, policyColumns, toPolicy } from './policy-row.ts';
import { writePolicyVersion } from './write-policy-version.ts';

export const policiesMax = 100;

/** `version`: the one that was changed, null for a new one. Throws `validation_failed`, `conflict`, `not_found`. */
export async function savePolicy(
  transaction: TenantTransaction,
  engine: CedarEngine,
  policy: { name: string; text: string; version: number | null; by: Member },
): Promise<Policy> {
  const { name, text, by } = policy;
  const { current, latest, count } = await lockPolicies(transaction, name);
  if (current === null && policy.version !== null) {
    throw new SenaError(
      'not_found',
      `There is no policy ${name}: it was deleted, or never was. Send version null to make it.`,
    );
  }
  if (current !== null && current !== policy.version) {
    throw new SenaError(
      'conflict',
      `The policy ${name} is at version ${current}. Look at it again, then send your change with that version.`,
    );
  }
  const rules = compileRules(engine, 'cloud', transaction.organizationId, [{ name, text }]);
  if (rules.kind === 'broken') throw describeProblems(rules.problems, 'text');
  if (current === null && count >= policiesMax) {
    throw new SenaError(
      'conflict',
      `There are ${count} policies already. Join some of them: one text takes many rules.`,
    );
  }
  const version = latest + 1;
  const saved = await transaction.query<PolicyRow>(
    `insert into policies (organization_id, name, text, version, updated_by, updated_by_name) values ($1, $2, $3, $4, $5, $6)
     on conflict (organization_id, name) do update
       set text = excluded.text, version = excluded.version, updated_by = excluded.updated_by,
         updated_by_name = excluded.updated_by_name, updated_at = now()
     returning ${policyColumns}`,
    [transaction.organizationId, name, text, version, principalRef(by), by.name],
  );
  await writePolicyVersion(transaction, { name, version, text, by });
  return toPolicy(engine, saved.rows[0] as PolicyRow);
}
