// The 404 of everything that hangs below a site. Reads only.
import { noSuch } from '@sena/contracts/no-such';
import type { TenantTransaction } from '@sena/db/tenant';

/** Throws `not_found` when this organization has no such site. */
export async function requireSite(
  transaction: TenantTransaction,
  siteId: string,
): Promise<{ id: string; name: string }> {
  const found = await transaction.query<{ id: string; name: string }>('select id, name from sites where id = $1', [
    siteId,
  ]);
  if (found.rows[0] === undefined) throw noSuch('site');
  return found.rows[0];
}
