// Who works on a run: claimed with a lease by compare-and-set, renewed while the work goes on, let go at a pause or the end.
// Entered by the orchestrator's worker. Changes lease and wake columns only.
import { inOrganization, type Pool } from '@sena/db/tenant';

/** The right to change a run, until the lease ends. `leaseEpoch` fences a former holder. */
export interface RunLease {
  readonly organizationId: string;
  readonly runId: string;
  readonly leaseEpoch: number;
  /** The wakes that this claim answers. */
  readonly wakeCount: number;
}

/** The next run that wants work, of the organization with the fewest under way; null when there is none. */
export async function claimNextRun(pool: Pool, worker: string, leaseMs: number): Promise<RunLease | null> {
  const claimed = await pool.query<{
    organization_id: string;
    run_id: string;
    wake_count: number;
    lease_epoch: number;
  }>('select organization_id, run_id, wake_count, lease_epoch from claim_next_run($1, $2)', [worker, leaseMs]);
  const row = claimed.rows[0];
  if (row === undefined) return null;
  return {
    organizationId: row.organization_id,
    runId: row.run_id,
    wakeCount: row.wake_count,
    leaseEpoch: row.lease_epoch,
  };
}

/** False when the lease was lost: stop at once, somebody else holds the run. */
export async function renewLease(pool: Pool, lease: RunLease, leaseMs: number): Promise<boolean> {
  return inOrganization(pool, lease.organizationId, async (transaction) => {
    const renewed = await transaction.query(
      `update runs set lease_expires_at = now() + $3 * interval '1 millisecond'
       where id = $1 and lease_epoch = $2 and lease_expires_at > now()`,
      [lease.runId, lease.leaseEpoch, leaseMs],
    );
    return renewed.rowCount === 1;
  });
}

/** Lets go. `stillWanted`: the run was woken meanwhile, ring for it again. */
export async function releaseRun(pool: Pool, lease: RunLease): Promise<{ stillWanted: boolean }> {
  return inOrganization(pool, lease.organizationId, async (transaction) => {
    const released = await transaction.query<{ still_wanted: boolean }>(
      `update runs set lease_owner = null, lease_expires_at = null, handled_count = greatest(handled_count, $3)
       where id = $1 and lease_epoch = $2 returning wake_count > handled_count as still_wanted`,
      [lease.runId, lease.leaseEpoch, lease.wakeCount],
    );
    return { stillWanted: released.rows[0]?.still_wanted ?? false };
  });
}

/** Gives the work back unfinished, to be tried again after `retryMs`: for a failure that may pass. */
export async function returnRun(pool: Pool, lease: RunLease, retryMs: number): Promise<void> {
  await inOrganization(pool, lease.organizationId, (transaction) =>
    transaction.query(
      `update runs set lease_owner = null, lease_expires_at = now() + $3 * interval '1 millisecond' where id = $1 and lease_epoch = $2`,
      [lease.runId, lease.leaseEpoch, retryMs],
    ),
  );
}
