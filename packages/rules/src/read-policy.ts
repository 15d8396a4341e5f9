// One policy. Reads only.
import { SenaError } from '@sena/contracts/errors';
import type { Policy } from '@sena/contracts/http/policy';
import type { TenantTransaction } from '@sena/db/tenant';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import { type PolicyRow, policyColumns, toPolicy } from './policy-row.ts';

/** Throws `not_found`. */
export async function readPolicy(transaction: TenantTransaction, engine: CedarEngine, name: string): Promise<Policy> {
  const found = await transaction.query<PolicyRow>(`select ${policyColumns} from policies where name = $1`, [name]);
  const row = found.rows[0];
  if (row === undefined) throw new SenaError('not_found', `There is no policy ${name}.`);
  return toPolicy(engine, row);
}
