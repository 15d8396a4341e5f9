// Nodes by name, a page at a time. Reads only.
import { decodeCursor, encodeCursor } from '@sena/contracts/http/cursor';
import type { Node } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { nodesWithin } from './nodes-within.ts';
import { parseSelector } from './parse-selector.ts';
import { type NodeRow, nodeColumns, toNode } from './read-nodes.ts';
import { selectorSql } from './selector-sql.ts';

/** `scope`: and none beyond this selector. Throws `invalid_selector`, or `validation_failed` for a cursor that is none. */
export async function listNodes(
  transaction: TenantTransaction,
  page: {
    limit: number;
    cursor?: string | undefined;
    selector?: string | undefined;
    siteId?: string | undefined;
  },
  scope: string | null = null,
): Promise<{ items: Node[]; nextCursor: string | null }> {
  const [afterName] = decodeCursor(page.cursor, 1) ?? [];
  const parameters: unknown[] = [afterName ?? null, page.siteId ?? null, page.limit + 1];
  const condition = page.selector === undefined ? 'true' : selectorSql(parseSelector(page.selector), parameters);
  const within = nodesWithin(scope)?.(parameters) ?? 'true';
  const found = await transaction.query<NodeRow>(
    `select ${nodeColumns} from nodes n join sites s on s.id = n.site_id
     where ($1::text is null or n.name > $1) and ($2::text is null or n.site_id = $2) and ${condition} and ${within}
     order by n.name limit $3`,
    parameters,
  );
  const rows = found.rows.slice(0, page.limit);
  const last = rows.at(-1);
  return {
    items: rows.map(toNode),
    nextCursor: found.rows.length > page.limit && last ? encodeCursor([last.name]) : null,
  };
}
