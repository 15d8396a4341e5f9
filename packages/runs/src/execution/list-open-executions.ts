// What a satellite speaks of when it refuses a dispatch as a whole. Entered by the relay. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

/** Executions of a dispatch without an outcome: those that its satellite speaks of when it refuses the whole. `untakenOnly`: none of one that it has journaled. */
export async function listOpenExecutions(
  transaction: TenantTransaction,
  satelliteId: string,
  dispatchId: string,
  { untakenOnly }: { untakenOnly: boolean },
): Promise<string[]> {
  const found = await transaction.query<{ id: string }>(
    `select e.id::text from executions e join dispatches d on d.id = e.dispatch_id
     where d.id = $1 and d.satellite_id = $2 and (d.acked_at is null or not $3)
       and not exists (select from outcomes o where o.execution_id = e.id)`,
    [dispatchId, satelliteId, untakenOnly],
  );
  return found.rows.map((row) => row.id);
}
