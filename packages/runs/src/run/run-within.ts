// Which runs a member may see whose role is narrowed to some nodes: SQL text on a run `r`. No I/O.
import type { NodeCondition } from '@sena/db/tenant';

export interface RunBounds {
  readonly nodes: NodeCondition;
  /** Who looks, as principalRef names them. */
  readonly viewer: string;
}

/**
 * Every node that the run touched, or asks to touch, is within; a node that is gone is not. A run without any is its requester's alone.
 */
export function runWithin(bounds: RunBounds | null, values: unknown[]): string {
  if (bounds === null) return 'true';
  const executed = bounds.nodes(values);
  const approved = bounds.nodes(values);
  values.push(bounds.viewer);
  const viewer = `$${values.length}::text`;
  return `(
    not exists (
      select from executions e left join nodes n on n.id = e.node_id left join sites s on s.id = n.site_id
      where e.run_id = r.id and (n.id is null or not (${executed}))
    ) and not exists (
      select from approvals a cross join lateral jsonb_path_query(a.action, '$.commands[*].nodes[*].nodeId') as asked (node_id)
        left join nodes n on n.id = asked.node_id #>> '{}' left join sites s on s.id = n.site_id
      where a.run_id = r.id and (n.id is null or not (${approved}))
    ) and (
      r.requested_by = ${viewer} or exists (select from executions e where e.run_id = r.id)
      or exists (select from approvals a where a.run_id = r.id)
    )
  )`;
}
