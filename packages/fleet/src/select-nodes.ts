// The nodes that a selector picks. Reads only.

import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
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

/** A page, by name. */
export async function listNodes(
  transaction: TenantTransaction,
  page: { limit: number; cursor?: string | undefined; selector?: string | undefined; siteId?: string | undefined },
): Promise<{ items: Node[]; nextCursor: string | null }> {
  const values: unknown[] = [decodeCursor(page.cursor, 1)?.[0] ?? null, page.siteId ?? null, page.limit + 1];
  const condition = selectorSql(parseSelector(page.selector ?? '*'), values);
  const found = await transaction.query<NodeRow>(
    `select ${nodeColumns} from nodes n join sites s on s.id = n.site_id
     where ($1::text is null or n.name > $1) and ($2::text is null or n.site_id = $2) and ${condition} order by n.name limit $3`,
    values,
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toNode),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}
