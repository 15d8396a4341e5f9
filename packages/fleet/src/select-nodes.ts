// The nodes that a selector picks. Reads only.
import type { Node } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { nodesWithin } from './nodes-within.ts';
import { parseSelector } from './parse-selector.ts';
import { selectorSql } from './selector-sql.ts';

/** Without what nobody asks ten thousand of them for. */
export type SelectedNode = Omit<Node, 'createdAt'>;

/** All of them, by name; null is every node. `scope`: and none beyond this selector. Throws `invalid_selector`. */
export async function selectNodes(
  transaction: TenantTransaction,
  selector: string | null,
  scope: string | null = null,
): Promise<SelectedNode[]> {
  const values: unknown[] = [];
  const condition = conditionOf(selector, scope, values);
  const found = await transaction.query<Omit<SelectedNode, 'site'> & { siteId: string; siteName: string }>(
    `select n.id, n.name, n.site_id as "siteId", s.name as "siteName", n.address, n.port, n.run_as as "runAs", n.credential,
       n.host_key as "hostKey", n.labels
     from nodes n join sites s on s.id = n.site_id where ${condition} order by n.name`,
    values,
  );
  return found.rows.map(({ siteId, siteName, ...node }) => ({ ...node, site: { id: siteId, name: siteName } }));
}

/** How many there are. Throws `invalid_selector`. */
export async function countNodes(
  transaction: TenantTransaction,
  selector: string | null,
  scope: string | null = null,
): Promise<number> {
  const values: unknown[] = [];
  const condition = conditionOf(selector, scope, values);
  const found = await transaction.query<{ count: number }>(
    `select count(*)::integer as count from nodes n join sites s on s.id = n.site_id where ${condition}`,
    values,
  );
  return found.rows[0]?.count ?? 0;
}

function conditionOf(selector: string | null, scope: string | null, values: unknown[]): string {
  const picked = selectorSql(parseSelector(selector ?? '*'), values);
  const within = nodesWithin(scope);
  return within === null ? picked : `(${picked}) and (${within(values)})`;
}
