// Work that was never sent and whose satellite is gone: what only reads goes to another satellite of the site, by the same hashing as
// at first; what was approved for a satellite that is revoked is closed. Entered by the sweeper, and by a job when a satellite
// has come or gone. Any number of orchestrators at once: each dispatch is moved under the lock of its run.
import { inOrganization, type TenantTransaction } from '@sena/db/tenant';
import { assignConnected } from '@sena/fleet/assign-satellites';
import {
  listDispatchesLeftBehind,
  readDispatchLeftBehind,
  reassignDispatch,
} from '@sena/runs/dispatch/reassign-dispatch';
import { closeUnsentDispatches } from '@sena/runs/execution/close-executions';
import { type RunBells, type RunNews, ringRecordedRuns } from '@sena/runs/results/ring-recorded-runs';
import type { Logger } from '@sena/telemetry/logger';
import { actor } from '../graph/run-context.ts';

const dispatchesALook = 500;

export interface PlacingShop extends RunBells {
  readonly logger: Logger;
}

/** What fails is logged and tried at the next look; the rest is done. */
export async function placeLeftBehind(shop: PlacingShop): Promise<void> {
  const { pool, logger } = shop;
  for (const { organizationId, dispatchId } of await listDispatchesLeftBehind(pool, dispatchesALook)) {
    try {
      const news = await inOrganization(pool, organizationId, (transaction) => placeOne(transaction, dispatchId));
      if (news.length === 0) continue;
      logger.info({ organizationId, dispatchId }, 'work of a satellite that is gone was placed anew');
      await ringRecordedRuns(shop, organizationId, news);
    } catch (error) {
      logger.error({ err: error, organizationId, dispatchId }, 'a dispatch could not be placed, it is tried again');
    }
  }
}

/** Returns what to ring for; nothing when it has changed since it was listed. */
async function placeOne(transaction: TenantTransaction, dispatchId: string): Promise<readonly RunNews[]> {
  const left = await readDispatchLeftBehind(transaction, dispatchId);
  if (left === null) return [];
  if (left.isApproved) {
    const detail = `It was approved for satellite ${left.satelliteName}, which was revoked before this was sent. Ask again: then another satellite is chosen, and approved.`;
    const outcome = { kind: 'not_started', reason: 'satellite_revoked', detail } as const;
    return closeUnsentDispatches(transaction, [dispatchId], outcome, actor);
  }
  const satelliteOf = await assignConnected(transaction, left.siteId, left.nodeIds);
  if (satelliteOf === null) return [];
  const moved = await reassignDispatch(transaction, dispatchId, satelliteOf, actor);
  return moved === null ? [] : [moved];
}
