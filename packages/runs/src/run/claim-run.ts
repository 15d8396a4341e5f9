// Who works on a run: claimed with a lease by compare-and-set, renewed while the work goes on, let go at a pause or the end.
// Entered by the orchestrator's worker. Changes lease and wake columns only.
import { SenaError } from '@sena/contracts/errors';
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';

/** The right to change a run, until the lease ends. `leaseEpoch` fences a former holder. */
export interface RunLease {
  readonly organizationId: string;
  readonly runId: string;
  readonly leaseEpoch: number;
  /** The wakes that this claim answers. */
  readonly wakeCount: number;
  /** Attempts in a row that failed: given back, or ended with their lease. A run that kills its workers shows here. */
  readonly failures: number;
}

/** The next run that wants work, of the organization with the fewest under way; null when there is none. */
export async function claimNextRun(pool: Pool, worker: string, leaseMs: number): Promise<RunLease | null> {
  const claimed = await pool.query<{
    organization_id: string;
    run_id: string;
    wake_count: number;
    lease_epoch: number;
    failures: number;
  }>('select organization_id, run_id, wake_count, lease_epoch, failures from claim_next_run($1, $2)', [
    worker,
    leaseMs,
  ]);
  const row = claimed.rows[0];
  if (row === undefined) return null;
  return {
    organizationId: row.organization_id,
    runId: row.run_id,
    wakeCount: row.wake_count,
    leaseEpoch: row.lease_epoch,
    failures: row.failures,
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
      `update runs set lease_owner = null, lease_expires_at = null, handled_count = greatest(handled_count, $3), failures = 0
       where id = $1 and lease_epoch = $2 returning wake_count > handled_count as still_wanted`,
      [lease.runId, lease.leaseEpoch, lease.wakeCount],
    );
    return { stillWanted: released.rows[0]?.still_wanted ?? false };
  });
}

/** Why the work comes back: the process stops, or SENA failed on it and waits longer each time, from first to max. */
export type Returned =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly retryFirstMs: number; readonly retryMaxMs: number };

/** Gives the work back unfinished. Returns how many times in a row it has failed now; null when the lease was lost. */
export async function returnRun(pool: Pool, lease: RunLease, returned: Returned): Promise<number | null> {
  const [failures, firstMs, maxMs] =
    returned.kind === 'stopped' ? [0, 0, 0] : [1, returned.retryFirstMs, returned.retryMaxMs];
  return inOrganization(pool, lease.organizationId, async (transaction) => {
    const changed = await transaction.query<{ failures: number }>(
      // The next epoch: whatever of the failed attempt still moves changes nothing any more.
      `update runs set lease_owner = null, lease_epoch = lease_epoch + 1, failures = failures + $3,
         lease_expires_at = now() + least($5::bigint, $4::bigint * (1 << least(failures, 16))) * interval '1 millisecond'
       where id = $1 and lease_epoch = $2 returning failures`,
      [lease.runId, lease.leaseEpoch, failures, firstMs, maxMs],
    );
    return changed.rows[0]?.failures ?? null;
  });
}

/** In the transaction of a change: the row stays locked, so that nobody takes the run over before the commit. Throws `conflict`. */
export async function assertLease(transaction: TenantTransaction, lease: RunLease): Promise<void> {
  const held = await transaction.query(
    'select 1 from runs where id = $1 and lease_epoch = $2 and lease_expires_at > now() for update',
    [lease.runId, lease.leaseEpoch],
  );
  if (held.rowCount !== 1) throw taken();
}

/**
 * The same for a checkpoint, in its own transaction under the role of checkpoints, which sees nothing else of a run. Nobody takes the run over
 * before that transaction ends. Throws `conflict`.
 */
export async function assertLeaseOfCheckpoint(
  client: { query(text: string, values: unknown[]): Promise<{ rows: Array<{ held: boolean }> }> },
  lease: RunLease,
): Promise<void> {
  const { rows } = await client.query('select sena.hold_run_lease($1, $2) as held', [lease.runId, lease.leaseEpoch]);
  if (rows[0]?.held !== true) throw taken();
}

function taken(): SenaError {
  return new SenaError('conflict', 'Another worker has taken this run over.');
}
