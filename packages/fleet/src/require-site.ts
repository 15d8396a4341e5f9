// The 404 of everything that hangs below a site. Reads only.
import { SenaError } from '@sena/contracts/errors';
import type { TenantTransaction } from '@sena/db/tenant';

/** Throws `not_found` when this organization has no such site. */
export async function requireSite(
  transaction: TenantTransaction,
  siteId: string,
): Promise<{ id: string; name: string }> {
  const found = await transaction.query<{ id: string; name: string }>('select id, name from sites where id = $1', [
    siteId,
  ]);
  if (found.rows[0] === undefined)
    throw new SenaError('not_found', 'There is no site with this id. See GET /v1/sites.');
  return found.rows[0];
}
