// Runs that were asked for ahead, of all organizations, whose time has come. Entered by the sweeper, which wakes them. Reads only.
import type { Pool } from '@sena/db/tenant';

/** Without those that were woken already, or that somebody works on. */
export async function listRunsToStart(
  pool: Pool,
  atMost: number,
): Promise<Array<{ organizationId: string; runId: string }>> {
  const found = await pool.query<{ organization_id: string; run_id: string }>(
    'select organization_id, run_id from runs_to_start($1)',
    [atMost],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, runId: row.run_id }));
}
