// Asks a satellite that has just connected what it knows of everything that was sent and has no outcome, and acts on the answer.
// What it never saw is sent again while it is valid, or closed; what it knows, it reports itself.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { listUnfinishedDispatches, type UnfinishedDispatch } from '@sena/runs/reconcile-dispatches';
import { type RecordedRun, recordResults } from '@sena/runs/record-results';
import type { HeldSatellite } from '../held-satellites.ts';
import { sendDispatch } from './carry-dispatches.ts';

type Reconciled = Extract<SatelliteFrame, { t: 'reconciled' }>;

export interface Reconciliation {
  readonly journalLost: boolean;
  readonly unfinished: readonly UnfinishedDispatch[];
}

/** null: nothing is unfinished, nothing was asked. */
export async function askWhatIsKnown(
  pool: Pool,
  satellite: HeldSatellite,
  journalLost: boolean,
): Promise<Reconciliation | null> {
  const unfinished = await inOrganization(pool, satellite.organizationId, (transaction) =>
    listUnfinishedDispatches(transaction, satellite.satelliteId),
  );
  const executionIds = unfinished.flatMap((dispatch) => dispatch.executionIds);
  if (executionIds.length === 0) return null;
  satellite.outstanding += executionIds.length;
  satellite.out.push({ t: 'reconcile', executionIds });
  const cancelled = unfinished.filter((dispatch) => dispatch.cancelled).flatMap((dispatch) => dispatch.executionIds);
  if (cancelled.length > 0) satellite.out.push({ t: 'cancel', executionIds: cancelled });
  return { journalLost, unfinished };
}

/** Returns the runs in which something was closed; ring for them. */
export async function actOnAnswer(
  pool: Pool,
  satellite: HeldSatellite,
  reconciliation: Reconciliation,
  answer: Reconciled,
): Promise<RecordedRun[]> {
  const absent = new Set(
    answer.executions.filter((execution) => execution.state === 'absent').map((execution) => execution.executionId),
  );
  const closed: Array<{ executionId: string; outcome: Outcome }> = [];
  for (const dispatch of reconciliation.unfinished) {
    const missing = dispatch.executionIds.filter((id) => absent.has(id));
    if (missing.length === 0) continue;
    const outcome = outcomeOfMissing(dispatch, reconciliation.journalLost);
    if (outcome === null) sendDispatch(satellite, dispatch.dispatchId, dispatch.envelope, 0);
    else closed.push(...missing.map((executionId) => ({ executionId, outcome })));
  }
  if (closed.length === 0) return [];
  satellite.outstanding = Math.max(0, satellite.outstanding - closed.length);
  return inOrganization(pool, satellite.organizationId, (transaction) =>
    recordResults(transaction, closed.map(toRow(satellite.satelliteId)), `satellite:${satellite.satelliteId}`),
  );
}

/** null: it is safe and useful to send it again. */
function outcomeOfMissing(dispatch: UnfinishedDispatch, journalLost: boolean): Outcome | null {
  if (journalLost) {
    const detail = 'The satellite came back without its journal, so nobody knows whether this ran. Look on the node.';
    return { kind: 'unknown', reason: 'satellite_lost', detail };
  }
  if (dispatch.cancelled)
    return { kind: 'not_started', reason: 'cancelled', detail: 'The run was cancelled before it arrived.' };
  if (dispatch.expired) {
    return {
      kind: 'not_started',
      reason: 'expired',
      detail: 'It never arrived at the satellite while it was valid. Ask again.',
    };
  }
  return null;
}

/** `not_started` is the satellite's own word; `unknown` is the cloud's, which a later discovery outranks. */
function toRow(reporter: string) {
  return ({ executionId, outcome }: { executionId: string; outcome: Outcome }) => ({
    reporter,
    executionId,
    outcome,
    revision: outcome.kind === 'unknown' ? 0 : 1,
    attempt: 0,
    startedAt: null,
    durationMs: null,
    stdoutBytes: 0,
    stderrBytes: 0,
    stdoutKeptBytes: 0,
    stderrKeptBytes: 0,
    stdoutSha256: null,
    stderrSha256: null,
    groupHash: null,
    stdoutInline: null,
    stderrInline: null,
  });
}
