// An organization's policies, by name. Reads only.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Policy } from '@sena/contracts/http/policy';
import type { TenantTransaction } from '@sena/db/tenant';
import type { CedarEngine } from '@sena/policy/rules/load-cedar';
import { type PolicyRow, policyColumns, toPolicy } from './policy-row.ts';

export async function listPolicies(
  transaction: TenantTransaction,
  engine: CedarEngine,
  page: { limit: number; cursor?: string | undefined },
): Promise<{ items: Policy[]; nextCursor: string | null }> {
  const [after] = decodeCursor(page.cursor, 1) ?? [];
  const found = await transaction.query<PolicyRow>(
    `select ${policyColumns} from policies where ($1::text is null or name > $1) order by name limit $2`,
    [after ?? null, page.limit + 1],
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map((row) => toPolicy(engine, row)),
    nextCursor: found.rows.length > page.limit && last !== undefined ? encodeCursor([last.name]) : null,
  };
}
