// Pulls signed inquiries for the satellites that this relay holds and sends them down their tunnels. Rung by doorbells and connects,
// polls slowly besides: there are few. Marks them as sent before the frame leaves.
import type { Pool } from '@sena/db/tenant';
import { claimInquiries } from '@sena/runs/inquiry/claim-inquiries';
import type { Logger } from '@sena/telemetry/logger';
import { childTraceparent, traceIdOf } from '@sena/telemetry/trace-context';
import type { HeldSatellite, HeldSatellites } from '../held-satellites.ts';
import { keepLooking, type Looking } from './keep-looking.ts';
import { whoTakesMore } from './who-takes-more.ts';

const inquiriesMax = 64;

export function startCarryingInquiries(options: {
  pool: Pool;
  relayId: string;
  held: HeldSatellites;
  logger: Logger;
  timing: { readonly pollMs: number; readonly resendMs: number };
}): Looking<HeldSatellite> {
  const { pool, relayId, held, logger, timing } = options;

  async function carry(whom: 'everybody' | readonly HeldSatellite[]): Promise<'more' | 'all'> {
    const takers = whoTakesMore(held, whom);
    const claimed = await claimInquiries(pool, relayId, takers, { resendMs: timing.resendMs, inquiriesMax });
    for (const inquiry of claimed) {
      const { organizationId, inquiryId, satelliteId, runId, envelope } = inquiry;
      const traceparent = childTraceparent(inquiry.traceparent);
      const fields = { organizationId, runId, inquiryId, satelliteId, traceId: traceIdOf(traceparent) };
      try {
        // One that has gone since the claim is asked over its next connection.
        held.find(satelliteId)?.out.push({ t: 'inquiry', inquiryId, envelope, traceparent });
        logger.info(fields, 'inquiry sent');
      } catch (error) {
        logger.error({ ...fields, err: error }, 'an inquiry does not fit into the tunnel');
      }
    }
    return claimed.length === inquiriesMax ? 'more' : 'all';
  }

  return keepLooking(timing.pollMs, carry, (error) => {
    // What was claimed in vain is sent again after `resendMs`.
    logger.error({ err: error }, 'waiting inquiries could not be read, it is tried again');
  });
}
