// Seals what every organization's audit has not sealed yet. Entered by the clock; the lock is for each organization, in the database.
import { listOrganizationsToSeal, sealOrganization } from '@sena/audit/seal-organization';
import type { Pool } from '@sena/db/tenant';

const eventsASeal = 2_000;

/** Returns how many events were sealed. */
export async function sealAll(pool: Pool): Promise<number> {
  let sealed = 0;
  for (const organizationId of await listOrganizationsToSeal(pool)) {
    for (let count = eventsASeal; count === eventsASeal; ) {
      count = await sealOrganization(pool, organizationId, eventsASeal);
      sealed += count;
    }
  }
  return sealed;
}
