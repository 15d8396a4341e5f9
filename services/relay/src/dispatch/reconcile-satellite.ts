// Asks a satellite that has just connected what it knows of everything that was sent earlier and has no outcome, and acts on the
// answer. What it never saw is sent again while it is valid, or closed by its word; what it knows, it reports itself. What it had
// journaled and knows no more is unknown: its journal is an older copy, or not its own.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { holdsConnection } from '@sena/fleet/satellite-presence';
import { listUnfinishedDispatches, readEnvelope, type UnfinishedDispatch } from '@sena/runs/reconcile-dispatches';
import { type RecordedRun, recordResults } from '@sena/runs/record-results';
import { withoutOutput } from '@sena/runs/without-output';
import { childTraceparent } from '@sena/telemetry/trace-context';
import type { HeldSatellite } from '../held-satellites.ts';
import { pushCancel, pushReconcile } from './push-in-parts.ts';

type Reconciled = Extract<SatelliteFrame, { t: 'reconciled' }>;

/** Executions that were asked about and not answered yet, with their dispatches. */
export type Reconciliation = Map<string, UnfinishedDispatch>;

/** For many that came together. Answers in their order. */
export async function askAllWhatIsKnown(pool: Pool, satellites: readonly HeldSatellite[]): Promise<Reconciliation[]> {
  const asked = new Map<HeldSatellite, Reconciliation>();
  for (const [organizationId, own] of Map.groupBy(satellites, (satellite) => satellite.organizationId)) {
    const unfinishedOf = await inOrganization(pool, organizationId, (transaction) =>
      listUnfinishedDispatches(transaction, own),
    );
    for (const satellite of own)
      asked.set(satellite, askWhatIsKnown(satellite, unfinishedOf.get(satellite.satelliteId) ?? []));
  }
  return satellites.map((satellite) => asked.get(satellite) as Reconciliation);
}

function askWhatIsKnown(satellite: HeldSatellite, unfinished: readonly UnfinishedDispatch[]): Reconciliation {
  const asked: Reconciliation = new Map();
  for (const dispatch of unfinished) for (const id of dispatch.executionIds) asked.set(id, dispatch);
  pushReconcile(satellite, [...asked.keys()]);
  const cancelled = unfinished.filter((dispatch) => dispatch.cancelled);
  for (const stop of [false, true]) {
    const told = cancelled.filter((dispatch) => dispatch.stops === stop).flatMap((dispatch) => dispatch.executionIds);
    pushCancel(satellite, told, stop);
  }
  return asked;
}

/**
 * Returns the runs in which something was closed; ring for them. What was not asked is passed over, and so is an answer on a
 * connection that another has followed: what it did not know then it may know now.
 */
export async function actOnAnswer(
  pool: Pool,
  satellite: HeldSatellite,
  asked: Reconciliation,
  answer: Reconciled,
): Promise<RecordedRun[]> {
  const absentOf = new Map<UnfinishedDispatch, string[]>();
  for (const { executionId, state } of answer.executions) {
    const dispatch = asked.get(executionId);
    asked.delete(executionId);
    if (dispatch !== undefined && state === 'absent')
      absentOf.set(dispatch, [...(absentOf.get(dispatch) ?? []), executionId]);
  }
  const closed: Array<{ executionId: string; outcome: Outcome }> = [];
  for (const [dispatch, absent] of absentOf) {
    const outcome = outcomeOfAbsent(dispatch);
    if (outcome === null) await sendAgain(pool, satellite, dispatch.dispatchId);
    else closed.push(...absent.map((executionId) => ({ executionId, outcome })));
  }
  if (closed.length === 0) return [];
  const reporter = satellite.satelliteId;
  return inOrganization(pool, satellite.organizationId, async (transaction) => {
    if (!(await holdsConnection(transaction, reporter, satellite.connectionEpoch))) return [];
    return recordResults(
      transaction,
      closed.map(({ executionId, outcome }) =>
        withoutOutput({ reporter, executionId, revision: outcome.kind === 'unknown' ? 0 : 1, outcome }),
      ),
      `satellite:${reporter}`,
    );
  });
}

async function sendAgain(pool: Pool, satellite: HeldSatellite, dispatchId: string): Promise<void> {
  const found = await inOrganization(pool, satellite.organizationId, (transaction) =>
    readEnvelope(transaction, dispatchId),
  );
  await satellite.out.room();
  if (found === null) return;
  const traceparent = childTraceparent(found.traceparent);
  satellite.out.push({ t: 'dispatch', dispatchId, envelope: found.envelope, traceparent });
}

/** null: it is safe and useful to send it again. */
function outcomeOfAbsent(dispatch: UnfinishedDispatch): Outcome | null {
  if (dispatch.acknowledged) {
    const detail = 'The satellite had taken it and no longer knows it: its journal was rolled back. Look on the node.';
    return { kind: 'unknown', reason: 'satellite_lost', detail };
  }
  if (dispatch.cancelled)
    return { kind: 'not_started', reason: 'cancelled', detail: 'The run was cancelled before it arrived.' };
  if (!dispatch.expired) return null;
  const detail = 'It never arrived at the satellite while it was valid. Ask again.';
  return { kind: 'not_started', reason: 'expired', detail };
}
