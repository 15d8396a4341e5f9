// A node as it is read everywhere: with its site and all that is needed to reach it. Types and SQL text.
import type { Node } from '@sena/contracts/http/fleet';

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

export const nodesWithSites = `select n.id, n.name, n.site_id, s.name as site_name, n.address, n.port, n.run_as, n.credential,
    n.host_key, n.labels, n.created_at
  from nodes n join sites s on s.id = n.site_id`;

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
