// Seals what every organization's audit has not sealed yet. Entered by the clock; the lock is for each organization, in the database.
import { listOrganizationsToSeal, sealOrganization } from '@sena/audit/seal-organization';
import type { Pool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';

const eventsASeal = 2_000;

/** Returns how many events were sealed. An organization whose seal fails is tried again at the next call; the others are sealed. */
export async function sealAll(pool: Pool, logger: Logger): Promise<number> {
  let sealed = 0;
  for (const organizationId of await listOrganizationsToSeal(pool)) {
    try {
      for (let count = eventsASeal; count === eventsASeal; ) {
        count = await sealOrganization(pool, organizationId, eventsASeal);
        sealed += count;
      }
    } catch (error) {
      logger.error({ err: error, organizationId }, 'audit events could not be sealed, it is tried again');
    }
  }
  return sealed;
}
