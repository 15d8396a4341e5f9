// One change of an organization's policies at a time. Entered by save and delete, before they look.
import type { TenantTransaction } from '@sena/db/tenant';

export interface LockedPolicy {
  /** Null: there is no such policy now. */
  readonly current: number | null;
  /** The highest version that a policy of this name ever had; 0: none. */
  readonly latest: number;
  /** Policies of the organization. */
  readonly count: number;
}

/** Until the transaction ends. */
export async function lockPolicies(transaction: TenantTransaction, name: string): Promise<LockedPolicy> {
  await transaction.query(`select pg_advisory_xact_lock(hashtextextended('policies ' || $1, 0))`, [
    transaction.organizationId,
  ]);
  const found = await transaction.query<LockedPolicy>(
    `select (select version from policies where name = $1) as current,
       (select coalesce(max(version), 0) from policy_versions where name = $1) as latest,
       (select count(*)::integer from policies) as count`,
    [name],
  );
  return found.rows[0] as LockedPolicy;
}
