// The nodes that a selector picks. Reads only.
import type { Node } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { parseSelector } from './parse-selector.ts';
import { type NodeRow, nodeColumns, toNode } from './read-nodes.ts';
import { selectorSql } from './selector-sql.ts';

/** All of them, by name; null is every node. Throws `invalid_selector`. */
export async function selectNodes(transaction: TenantTransaction, selector: string | null): Promise<Node[]> {
  const values: unknown[] = [];
  const condition = selectorSql(parseSelector(selector ?? '*'), values);
  const found = await transaction.query<NodeRow>(
    `select ${nodeColumns} from nodes n join sites s on s.id = n.site_id where ${condition} order by n.name`,
    values,
  );
  return found.rows.map(toNode);
}

/** How many there are. Throws `invalid_selector`. */
export async function countNodes(transaction: TenantTransaction, selector: string | null): Promise<number> {
  const values: unknown[] = [];
  const condition = selectorSql(parseSelector(selector ?? '*'), values);
  const found = await transaction.query<{ count: number }>(
    `select count(*)::integer as count from nodes n join sites s on s.id = n.site_id where ${condition}`,
    values,
  );
  return found.rows[0]?.count ?? 0;
}
