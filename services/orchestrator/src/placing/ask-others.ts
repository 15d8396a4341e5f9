// What was sent to a satellite that is gone, and may have changed something: another one of its site is asked to find out what became of
// it. Entered by the sweeper. Any number of orchestrators at once: each inquiry is opened under the lock of its run.
import { inOrganization } from '@sena/db/tenant';
import { listDispatchesToAskAbout, openInquiry } from '@sena/runs/inquiry/open-inquiry';
import { ringRecordedRuns } from '@sena/runs/results/ring-recorded-runs';
import { actor } from '../graph/run-context.ts';
import type { PlacingShop } from './place-left-behind.ts';

const dispatchesALook = 500;
/** How long an inquiry may take to be signed and to arrive; after it another one may be opened. */
const validityMs = 600_000;

/** `goneMs`: one that is away for less is waited for. What fails is logged and tried at the next look; the rest is done. */
export async function askOthers(shop: PlacingShop, goneMs: number): Promise<void> {
  const { pool, logger } = shop;
  for (const { organizationId, dispatchId } of await listDispatchesToAskAbout(pool, goneMs, dispatchesALook)) {
    try {
      const opened = await inOrganization(pool, organizationId, (transaction) =>
        openInquiry(transaction, dispatchId, { goneMs, validityMs, actor }),
      );
      if (opened === null) continue;
      const { inquiryId, satelliteId, ...news } = opened;
      logger.info({ organizationId, dispatchId, inquiryId, satelliteId }, 'another satellite is asked about sent work');
      await ringRecordedRuns(shop, organizationId, [news]);
    } catch (error) {
      logger.error(
        { err: error, organizationId, dispatchId },
        'nobody could be asked about a dispatch, it is tried again',
      );
    }
  }
}
