// The sites that have nodes within a member's bounds, and how many. Reads only.
import type { NodeCondition, TenantTransaction } from '@sena/db/tenant';

/** Sites without such nodes are left out. */
export async function countNodesBySite(
  transaction: TenantTransaction,
  within: NodeCondition,
): Promise<ReadonlyMap<string, number>> {
  const values: unknown[] = [];
  const found = await transaction.query<{ site_id: string; count: number }>(
    `select n.site_id, count(*)::integer as count from nodes n join sites s on s.id = n.site_id where ${within(values)} group by n.site_id`,
    values,
  );
  return new Map(found.rows.map(({ site_id, count }) => [site_id, count]));
}
