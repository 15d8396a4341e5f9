// Another satellite is asked what became of work that was sent to one that is gone. Entered by the orchestrator. Writes the inquiry, event,
// audit and the doorbell of the signer. The dispatch stays its satellite's: nothing moves, and nothing is started.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';
import { writeOutbox } from '../outbox/write-outbox.ts';
import { lockRunsOfDispatches } from '../run/lock-runs.ts';

export interface OpenedInquiry {
  readonly inquiryId: string;
  /** Who finds out. */
  readonly satelliteId: string;
  readonly runId: string;
  readonly eventSeq: number;
  /** For the signer: deliver it after the commit. */
  readonly outboxId: string;
}

/** Dispatches whose satellite has been gone for `goneMs`, over all organizations, as far as somebody can be asked about them. */
export async function listDispatchesToAskAbout(
  pool: Pool,
  goneMs: number,
  atMost: number,
): Promise<Array<{ organizationId: string; dispatchId: string }>> {
  const found = await pool.query<{ organization_id: string; dispatch_id: string }>(
    'select organization_id, dispatch_id from dispatches_to_ask_about($1, $2)',
    [goneMs, atMost],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, dispatchId: row.dispatch_id }));
}

/** null: it has changed since it was listed, or somebody is asked already. */
export async function openInquiry(
  transaction: TenantTransaction,
  dispatchId: string,
  { goneMs, validityMs, actor }: { goneMs: number; validityMs: number; actor: Actor },
): Promise<OpenedInquiry | null> {
  await lockRunsOfDispatches(transaction, [dispatchId]);
  const dispatch = await readDispatch(transaction, dispatchId, goneMs);
  if (dispatch === null) return null;
  const finder = await chooseFinder(transaction, dispatchId, dispatch);
  if (finder === null) return null;
  const inquiryId = newId('inq');
  await transaction.query(
    `insert into inquiries (id, organization_id, dispatch_id, satellite_id, expires_at)
     values ($1, $2, $3, $4, now() + $5 * interval '1 millisecond')`,
    [inquiryId, transaction.organizationId, dispatchId, finder.id, validityMs],
  );
  const { run_id: runId, traceparent, open } = dispatch;
  const eventSeq = await appendRunEvent(transaction, runId, {
    type: 'run.note',
    text: describe(dispatch, finder.name),
  });
  await appendAuditEvent(transaction, {
    action: 'inquiry.opened',
    actor,
    subject: inquiryId,
    runId,
    data: { dispatchId, from: dispatch.satellite_id, satelliteId: finder.id, executions: open },
  });
  const outboxId = await writeOutbox(transaction, { job: 'signDispatches', runId, traceparent });
  return { inquiryId, satelliteId: finder.id, runId, eventSeq, outboxId };
}

interface AskedAbout {
  run_id: string;
  traceparent: string | null;
  satellite_id: string;
  satellite_name: string;
  site_id: string;
  revoked: boolean;
  /** Executions without an outcome. */
  open: number;
}

/** What `dispatches_to_ask_about` says, once more, under the lock of the run. */
async function readDispatch(
  transaction: TenantTransaction,
  dispatchId: string,
  goneMs: number,
): Promise<AskedAbout | null> {
  const found = await transaction.query<AskedAbout>(
    `select d.run_id, d.traceparent, d.satellite_id, s.name as satellite_name, s.site_id, s.revoked_at is not null as revoked, d.pending as open
     from dispatches d join satellites s on s.id = d.satellite_id
     where d.id = $1 and d.pending > 0 and d.sent_at is not null and not d.read_only
       and (s.relay_id is null or s.revoked_at is not null)
       and case when s.relay_id is null then s.last_seen_at else s.revoked_at end < now() - $2 * interval '1 millisecond'
       and not exists (
         select from inquiries q join satellites finder on finder.id = q.satellite_id
         where q.dispatch_id = d.id and q.refused_at is null and (q.acked_at is not null or q.expires_at > now())
           and finder.revoked_at is null
           and (finder.relay_id is not null or finder.last_seen_at > now() - $2 * interval '1 millisecond')
       )
     for update of d`,
    [dispatchId, goneMs],
  );
  return found.rows[0] ?? null;
}

/** Connected at the same site, and not asked lately: several dispatches are spread over several. */
async function chooseFinder(
  transaction: TenantTransaction,
  dispatchId: string,
  { satellite_id, site_id }: AskedAbout,
): Promise<{ id: string; name: string } | null> {
  const found = await transaction.query<{ id: string; name: string }>(
    `select s.id, s.name from satellites s
     where s.site_id = $2 and s.id <> $3 and s.relay_id is not null and s.revoked_at is null and not exists (
       select from inquiries q where q.dispatch_id = $1 and q.satellite_id = s.id
         and (q.created_at > now() - interval '5 minutes' or (q.refused_at is null and (q.acked_at is not null or q.expires_at > now())))
     )
     order by md5(s.id || $1) limit 1`,
    [dispatchId, site_id, satellite_id],
  );
  return found.rows[0] ?? null;
}

function describe({ satellite_name, revoked, open }: AskedAbout, finder: string): string {
  const what = open === 1 ? '1 command on its node' : `${open} commands on their nodes`;
  return `Satellite ${satellite_name} ${revoked ? 'was revoked' : 'is gone'}: ${finder} finds out what became of ${what}.`;
}
