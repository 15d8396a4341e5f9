// Work that was never sent, and whose satellite is gone, goes to others of its site. Entered by the orchestrator, which knows who
// is connected. Writes successors, event, audit and the doorbell of the signer; the SQL function holds the rules.
import { appendAuditEvent } from '@sena/audit/append-audit-event';
import type { Actor } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import type { Pool, TenantTransaction } from '@sena/db/tenant';
import { appendRunEvent } from '../events/append-run-event.ts';
import { writeOutbox } from '../outbox/write-outbox.ts';
import { lockRunsOfDispatches } from '../run/lock-runs.ts';

export interface ReassignedDispatch {
  readonly runId: string;
  readonly eventSeq: number;
  /** For the signer: deliver it after the commit. */
  readonly outboxId: string;
}

/**
 * The executions keep their ids and get a dispatch of their own for each satellite, under the next assignment epoch, unsigned. From
 * the commit on the former dispatch can't be sent. null: it was sent or closed meanwhile, its satellite is back, or one of
 * the takers has left; then nothing was changed.
 *
 * Sent work does not come this way, whatever its satellite says: what became of it is found out (`open-inquiry`).
 */
export async function reassignDispatch(
  transaction: TenantTransaction,
  dispatchId: string,
  /** By node id, every node of the dispatch: a connected satellite of the site. */
  satelliteOf: ReadonlyMap<string, string>,
  actor: Actor,
): Promise<ReassignedDispatch | null> {
  await lockRunsOfDispatches(transaction, [dispatchId]);
  const successorOf = new Map([...new Set(satelliteOf.values())].map((satelliteId) => [satelliteId, newId('disp')]));
  const satelliteIds = [...satelliteOf.values()];
  const moved = await transaction.query<Successor>(
    'select dispatch_id, satellite_id, satellite_name, assignment_epoch, executions from reassign_dispatch($1, $2, $3, $4)',
    [dispatchId, [...satelliteOf.keys()], satelliteIds, satelliteIds.map((id) => successorOf.get(id))],
  );
  if (moved.rows.length === 0) return null;
  const former = await readFormer(transaction, dispatchId);
  const eventSeq = await appendRunEvent(transaction, former.run_id, {
    type: 'run.note',
    text: describeMove(former, moved.rows),
  });
  await appendAuditEvent(transaction, {
    action: 'dispatch.reassigned',
    actor,
    subject: dispatchId,
    runId: former.run_id,
    data: {
      from: former.satellite_id,
      assignmentEpoch: moved.rows[0]?.assignment_epoch,
      to: moved.rows.map((row) => ({ dispatchId: row.dispatch_id, satelliteId: row.satellite_id })),
    },
  });
  const { run_id: runId, traceparent } = former;
  const outboxId = await writeOutbox(transaction, { job: 'signDispatches', runId, traceparent });
  return { runId, eventSeq, outboxId };
}

/** Dispatches that were never sent and whose satellite is gone, over all organizations, as far as something can be done for them. */
export async function listDispatchesLeftBehind(
  pool: Pool,
  atMost: number,
): Promise<Array<{ organizationId: string; dispatchId: string }>> {
  const found = await pool.query<{ organization_id: string; dispatch_id: string }>(
    'select organization_id, dispatch_id from dispatches_left_behind($1)',
    [atMost],
  );
  return found.rows.map((row) => ({ organizationId: row.organization_id, dispatchId: row.dispatch_id }));
}

export interface DispatchLeftBehind {
  readonly siteId: string;
  readonly satelliteName: string;
  /** Approved for this satellite and no other. */
  readonly isApproved: boolean;
  readonly nodeIds: string[];
}

/** null: there is none. */
export async function readDispatchLeftBehind(
  transaction: TenantTransaction,
  dispatchId: string,
): Promise<DispatchLeftBehind | null> {
  const found = await transaction.query<{ site_id: string; name: string; approved: boolean; node_ids: string[] }>(
    `select s.site_id, s.name, d.approval_id is not null as approved,
       array(select e.node_id from executions e where e.dispatch_id = d.id order by e.node_id) as node_ids
     from dispatches d join satellites s on s.id = d.satellite_id where d.id = $1`,
    [dispatchId],
  );
  const row = found.rows[0];
  return row === undefined
    ? null
    : { siteId: row.site_id, satelliteName: row.name, isApproved: row.approved, nodeIds: row.node_ids };
}

interface Successor {
  dispatch_id: string;
  satellite_id: string;
  satellite_name: string;
  assignment_epoch: number;
  executions: number;
}

interface Former {
  run_id: string;
  satellite_id: string;
  traceparent: string | null;
  satellite_name: string;
  total: number;
  revoked: boolean;
}

async function readFormer(transaction: TenantTransaction, dispatchId: string): Promise<Former> {
  const found = await transaction.query<Former>(
    `select d.run_id, d.satellite_id, d.traceparent, d.total, s.name as satellite_name, s.revoked_at is not null as revoked
     from dispatches d join satellites s on s.id = d.satellite_id where d.id = $1`,
    [dispatchId],
  );
  return found.rows[0] as Former;
}

function describeMove(former: Former, takers: readonly Successor[]): string {
  const what =
    former.total === 1 ? '1 command that it was not sent yet' : `${former.total} commands that it was not sent yet`;
  const goes = former.total === 1 ? 'goes' : 'go';
  const to = takers.map((taker) =>
    takers.length === 1 ? taker.satellite_name : `${taker.satellite_name} (${taker.executions})`,
  );
  return `Satellite ${former.satellite_name} ${former.revoked ? 'was revoked' : 'is not connected'}: ${what} ${goes} to ${to.join(', ')}.`;
}
