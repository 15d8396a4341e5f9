// The names of all sites, those without nodes too. Reads only.
import type { TenantTransaction } from '@sena/db/tenant';

export async function listSiteNames(transaction: TenantTransaction): Promise<string[]> {
  const found = await transaction.query<{ name: string }>('select name from sites order by name');
  return found.rows.map(({ name }) => name);
}
