// Nodes with everything that is needed to reach them. Reads only.
import type { Node } from '@sena/contracts/http/fleet';
import type { TenantTransaction } from '@sena/db/tenant';
import { nodesWithin } from './nodes-within.ts';

export interface NodeRow {
  id: string;
  name: string;
  site_id: string;
  site_name: string;
  address: string;
  port: number;
  run_as: string;
  credential: string;
  host_key: string | null;
  labels: Record<string, string>;
  created_at: Date;
}

export const nodeColumns = `n.id, n.name, n.site_id, s.name as site_name, n.address, n.port, n.run_as, n.credential, n.host_key, n.labels, n.created_at`;

/** Ids that do not exist, or lie beyond the selector `scope`, are left out. By name. */
export async function readNodes(
  transaction: TenantTransaction,
  ids: readonly string[],
  scope: string | null = null,
): Promise<Node[]> {
  const values: unknown[] = [ids];
  const within = nodesWithin(scope)?.(values) ?? 'true';
  const found = await transaction.query<NodeRow>(
    `select ${nodeColumns} from nodes n join sites s on s.id = n.site_id where n.id = any($1) and ${within} order by n.name`,
    values,
  );
  return found.rows.map(toNode);
}

export function toNode(row: NodeRow): Node {
  return {
    id: row.id,
    name: row.name,
    site: { id: row.site_id, name: row.site_name },
    address: row.address,
    port: row.port,
    runAs: row.run_as,
    credential: row.credential,
    hostKey: row.host_key,
    labels: row.labels,
    createdAt: row.created_at.toISOString(),
  };
}
