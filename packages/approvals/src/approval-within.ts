// Which approvals a member may see whose role is narrowed to some nodes: SQL text on `approvals`. No I/O.
import type { NodeCondition } from '@sena/db/tenant';

/** Every node of the action is within; a node that is gone is not. */
export function approvalWithin(nodes: NodeCondition | null, values: unknown[]): string {
  if (nodes === null) return 'true';
  return `not exists (
    select from jsonb_path_query(approvals.action, '$.commands[*].nodes[*].nodeId') as asked (node_id)
      left join nodes n on n.id = asked.node_id #>> '{}' left join sites s on s.id = n.site_id
    where n.id is null or not (${nodes(values)})
  )`;
}
