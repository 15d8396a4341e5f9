// The rules that an organization's commands are judged by, as they are now. Entered by the gate, by the signer at signing time, and by the
// dry-run. Reads only; the same texts are compiled once.
import type { TenantTransaction } from '@sena/db/tenant';
import { compileRules } from '@sena/policy/rules/compile-rules';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import type { RuleDocument, Rules } from '@sena/policy/rules/rule';

/** `draft`: judged as if it were saved. What can't be read is `broken`, and denies everything. */
export async function readRules(
  transaction: TenantTransaction,
  engine: CedarEngine,
  draft?: RuleDocument | undefined,
): Promise<Rules> {
  const found = await transaction.query<RuleDocument>('select name, text from policies order by name');
  const saved = found.rows.filter(({ name }) => name !== draft?.name);
  const { organizationId } = transaction;
  return compileRules(engine, 'cloud', organizationId, draft === undefined ? saved : [...saved, draft]);
}
