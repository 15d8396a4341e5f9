// What a relay may send besides dispatches: signed inquiries for the satellites that it holds. Marked as sent before the frame leaves.
// Entered by the relay, also with what came of them. Writes inquiries only.
import { inOrganization, type Pool, type TenantTransaction } from '@sena/db/tenant';
import type { HeldSatellite } from '../dispatch/claim-dispatches.ts';

export interface ClaimedInquiry {
  readonly organizationId: string;
  readonly inquiryId: string;
  readonly satelliteId: string;
  readonly runId: string;
  readonly envelope: string;
  readonly traceparent: string | null;
}

/** `resendMs`: sent over the same connection and not journaled within this time, it is sent again. */
export async function claimInquiries(
  pool: Pool,
  relayId: string,
  held: readonly HeldSatellite[],
  { resendMs, inquiriesMax }: { resendMs: number; inquiriesMax: number },
): Promise<ClaimedInquiry[]> {
  if (held.length === 0) return [];
  const claimed = await pool.query<{ organization_id: string; inquiry_id: string }>(
    'select organization_id, inquiry_id from claim_inquiries($1, $2, $3, $4, $5)',
    [
      relayId,
      held.map((satellite) => satellite.satelliteId),
      held.map((satellite) => satellite.connectionEpoch),
      resendMs,
      inquiriesMax,
    ],
  );
  const inquiries: ClaimedInquiry[] = [];
  for (const [organizationId, rows] of Map.groupBy(claimed.rows, (row) => row.organization_id)) {
    const ids = rows.map((row) => row.inquiry_id);
    inquiries.push(...(await inOrganization(pool, organizationId, (transaction) => readClaimed(transaction, ids))));
  }
  return inquiries;
}

async function readClaimed(transaction: TenantTransaction, ids: readonly string[]): Promise<ClaimedInquiry[]> {
  const found = await transaction.query<{
    id: string;
    satellite_id: string;
    run_id: string;
    jws: string;
    traceparent: string | null;
  }>(
    `select q.id, q.satellite_id, q.jws, d.run_id, d.traceparent from inquiries q join dispatches d on d.id = q.dispatch_id
     where q.id = any($1) order by q.id`,
    [ids],
  );
  const { organizationId } = transaction;
  return found.rows.map((row) => ({
    organizationId,
    inquiryId: row.id,
    satelliteId: row.satellite_id,
    runId: row.run_id,
    envelope: row.jws,
    traceparent: row.traceparent,
  }));
}

/** What satellites answered: journaled, or refused. Another satellite's inquiry is left as it is. */
export async function settleInquiries(
  transaction: TenantTransaction,
  answers: ReadonlyArray<{ satelliteId: string; inquiryId: string; accepted: boolean }>,
): Promise<void> {
  if (answers.length === 0) return;
  await transaction.query(
    `update inquiries q set acked_at = case when a.accepted then now() end, refused_at = case when a.accepted then null else now() end
     from unnest($1::text[], $2::text[], $3::boolean[]) as a (inquiry_id, satellite_id, accepted)
     where q.id = a.inquiry_id and q.satellite_id = a.satellite_id and q.acked_at is null and q.refused_at is null`,
    [
      answers.map((answer) => answer.inquiryId),
      answers.map((answer) => answer.satelliteId),
      answers.map((answer) => answer.accepted),
    ],
  );
}

/** It came back without its journal, so it no longer knows what it was asked: it is asked again. */
export async function askAgain(transaction: TenantTransaction, satelliteId: string): Promise<void> {
  await transaction.query(
    `update inquiries q set sent_at = null, sent_epoch = null, acked_at = null from dispatches d
     where q.satellite_id = $1 and d.id = q.dispatch_id and d.pending > 0 and q.refused_at is null and q.sent_at is not null`,
    [satelliteId],
  );
}
