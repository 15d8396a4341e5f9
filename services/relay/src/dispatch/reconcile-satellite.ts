// Asks a satellite that has just connected what it knows of everything that was sent earlier and has no outcome, and acts on the
// answer. What it never saw is sent again while it is valid, or closed by its word; what it knows, it reports itself. What it had
// journaled and knows no more is unknown: its journal is an older copy, or not its own.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { SatelliteFrame } from '@sena/contracts/frames';
import { inOrganization, type Pool } from '@sena/db/tenant';
import { lockConnections } from '@sena/fleet/satellite-presence';
import {
  claimAgain,
  listUnfinishedDispatches,
  lockUnsentSince,
  type UnfinishedDispatch,
} from '@sena/runs/dispatch/reconcile-dispatches';
import { type RecordedRun, recordResults } from '@sena/runs/results/record-results';
import { withoutOutput } from '@sena/runs/results/without-output';
import { childTraceparent } from '@sena/telemetry/trace-context';
import type { HeldSatellite } from '../held-satellites.ts';
import type { LeavingDispatches } from './order-cancels.ts';
import { pushCancel, pushReconcile } from './push-in-parts.ts';

type Reconciled = Extract<SatelliteFrame, { t: 'reconciled' }>;

/** Executions that were asked about and not answered yet, with their dispatches. */
export type Reconciliation = Map<string, UnfinishedDispatch>;

/** For many of one organization that came together, in their order. Reads only: it may be asked again. */
export async function listAllUnfinished(
  pool: Pool,
  satellites: readonly HeldSatellite[],
): Promise<UnfinishedDispatch[][]> {
  const [first] = satellites;
  if (first === undefined) return [];
  const unfinishedOf = await inOrganization(pool, first.organizationId, (transaction) =>
    listUnfinishedDispatches(transaction, satellites),
  );
  return satellites.map(({ satelliteId }) => unfinishedOf.get(satelliteId) ?? []);
}

/**
 * Once a connection, and also where there is nothing to ask: a satellite that came up with work of a former process begins none of it before
 * it is asked. What was cancelled meanwhile is said first.
 */
export function askWhatIsKnown(satellite: HeldSatellite, unfinished: readonly UnfinishedDispatch[]): Reconciliation {
  const asked: Reconciliation = new Map();
  for (const dispatch of unfinished) for (const id of dispatch.executionIds) asked.set(id, dispatch);
  const cancelled = unfinished.filter((dispatch) => dispatch.cancelled);
  for (const stop of [false, true]) {
    const told = cancelled.filter((dispatch) => dispatch.stops === stop).flatMap((dispatch) => dispatch.executionIds);
    pushCancel(satellite, told, stop);
  }
  pushReconcile(satellite, [...asked.keys()]);
  return asked;
}

/**
 * Returns the runs in which something was closed; ring for them. What was not asked is passed over, and so is an answer on a
 * connection that another has followed: what it did not know then it may know now.
 */
export async function actOnAnswer(
  pool: Pool,
  leaving: LeavingDispatches,
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
  const closed: Closed[] = [];
  for (const [{ dispatchId, ...dispatch }, executionIds] of absentOf) {
    const outcome = outcomeOfAbsent(dispatch) ?? (await sendAgain(pool, leaving, satellite, dispatchId));
    if (outcome !== null) closed.push({ dispatchId, executionIds, outcome });
  }
  return closed.length === 0 ? [] : close(pool, satellite, closed);
}

interface Closed {
  readonly dispatchId: string;
  readonly executionIds: readonly string[];
  readonly outcome: Outcome;
}

/** What has left over this very connection since the question may have arrived behind the answer: that is left to its own word. */
function close(pool: Pool, satellite: HeldSatellite, closed: readonly Closed[]): Promise<RecordedRun[]> {
  const { organizationId, satelliteId: reporter, connectionEpoch } = satellite;
  return inOrganization(pool, organizationId, async (transaction) => {
    const isHeld = await lockConnections(transaction, [satellite]);
    if (!isHeld(satellite)) return [];
    const dispatchIds = closed.map(({ dispatchId }) => dispatchId);
    const unsent = await lockUnsentSince(transaction, dispatchIds, connectionEpoch);
    const rows = closed
      .filter(({ dispatchId }) => unsent.has(dispatchId))
      .flatMap(({ executionIds, outcome }) =>
        executionIds.map((executionId) =>
          withoutOutput({ reporter, executionId, revision: outcome.kind === 'unknown' ? 0 : 1, outcome }),
        ),
      );
    return recordResults(transaction, rows, `satellite:${reporter}`);
  });
}

/** Returns null, or what to say of it instead: a cancel may have come since the question. */
async function sendAgain(
  pool: Pool,
  leaving: LeavingDispatches,
  satellite: HeldSatellite,
  dispatchId: string,
): Promise<Outcome | null> {
  await satellite.out.room();
  return leaving.hold(async () => {
    const resend = await inOrganization(pool, satellite.organizationId, (transaction) =>
      claimAgain(transaction, dispatchId, satellite.connectionEpoch),
    );
    switch (resend.kind) {
      case 'none':
        return null;
      case 'cancelled':
        return cancelled;
      case 'send': {
        const { envelope } = resend;
        satellite.out.push({ t: 'dispatch', dispatchId, envelope, traceparent: childTraceparent(resend.traceparent) });
        return null;
      }
    }
  });
}

const cancelled: Outcome = {
  kind: 'not_started',
  reason: 'cancelled',
  detail: 'The run was cancelled before it arrived.',
};

/** null: it is safe and useful to send it again. */
function outcomeOfAbsent(dispatch: Pick<UnfinishedDispatch, 'acknowledged' | 'cancelled' | 'expired'>): Outcome | null {
  if (dispatch.acknowledged) {
    const detail = 'The satellite had taken it and no longer knows it: its journal was rolled back. Look on the node.';
    return { kind: 'unknown', reason: 'satellite_lost', detail };
  }
  if (dispatch.cancelled) return cancelled;
  if (!dispatch.expired) return null;
  const detail = 'It never arrived at the satellite while it was valid. Ask again.';
  return { kind: 'not_started', reason: 'expired', detail };
}
