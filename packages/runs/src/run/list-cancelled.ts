// How far a cancelled run had come, node by node. Entered by the orchestrator when it ends one. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';
import { effectiveOutcome } from '../execution/effective-outcomes.ts';

/** `finished`: a command had come to its end there. `stopped`: it was ended for the cancel. */
export type CancelledState = 'finished' | 'stopped' | 'not_begun' | 'unknown';

export interface CancelledNodes {
  readonly state: CancelledState;
  readonly nodes: number;
  /** The first ones by name. */
  readonly names: string[];
}

const namesMax = 10;

/** A node with several commands counts for each state that it has. */
export async function listCancelled(transaction: TenantTransaction, runId: string): Promise<CancelledNodes[]> {
  const found = await transaction.query<{ state: CancelledState; nodes: number; names: string[] }>(
    `select state, count(*)::integer as nodes, (array_agg(node_name order by node_name))[1:$2] as names
     from (
       select distinct e.node_id, e.node_name, case
         when o.kind = 'exited' and o.reason = 'cancelled' then 'stopped'
         when o.kind = 'exited' then 'finished'
         when o.kind = 'not_started' then 'not_begun'
         else 'unknown' end as state
       from executions e ${effectiveOutcome}
       where e.run_id = $1
     ) each_node group by state`,
    [runId, namesMax],
  );
  return found.rows;
}
