// Which sites have a limit that is to be divided among their satellites. Entered by the relay, by the clock. Reads only.
import type { Pool, TenantTransaction } from '@sena/db/tenant';

/** Of all organizations: those that have one. */
export async function listOrganizationsWithLimitedSites(pool: Pool): Promise<Set<string>> {
  const found = await pool.query<{ organization_id: string }>(
    'select organization_id from organizations_with_limited_sites()',
  );
  return new Set(found.rows.map((row) => row.organization_id));
}

export async function listLimitedSites(transaction: TenantTransaction): Promise<Set<string>> {
  const found = await transaction.query<{ id: string }>('select id from sites where running_max is not null');
  return new Set(found.rows.map((row) => row.id));
}
