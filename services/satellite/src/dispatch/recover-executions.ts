// Entered once, before the first connection: what an earlier process left in the journal. `starting` means find out, never
// run again; there is nothing to ask on a plain node, so a change is `unknown`. What was never sent still may run.
import type { KeyObject } from 'node:crypto';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import { verifyEnvelope } from '@sena/envelope/verify-envelope';
import type { JournaledExecution } from '../journal/journal-operations.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Outbox } from '../output/create-outbox.ts';
import { buildResult, buildResultAfterRestart } from './build-result.ts';
import { isExpired } from './execution.ts';
import { clockSkewMsMax } from './receive-dispatch.ts';
import { notStarted } from './run-execution.ts';

/** Read-only work is begun at most this often. */
const attemptsMax = 2;

export type RecoveryRooms = {
  journal: Journal;
  outbox: Outbox;
  keys: ReadonlyMap<string, KeyObject>;
  organizationId: string;
  satelliteId: string;
  /** `wasSent`: a read-only command of the former process. */
  resume(envelope: DispatchEnvelope, execution: JournaledExecution, wasSent: boolean): void;
};

export type Recovery = { resumed: number; unknown: number; ended: number; unacknowledged: number };

export async function recoverExecutions(rooms: RecoveryRooms): Promise<Recovery> {
  const recovery: Recovery = { resumed: 0, unknown: 0, ended: 0, unacknowledged: 0 };
  const unacked = await rooms.journal.perform({ op: 'unacked' });
  for (const { result, tail } of unacked) rooms.outbox.result(result, tail);
  recovery.unacknowledged = unacked.length;

  const envelopes = new Map<string, Promise<DispatchEnvelope | null>>();
  for (const { envelope: jws, receivedAtMs, execution } of await rooms.journal.perform({ op: 'unfinished' })) {
    const known = envelopes.get(execution.dispatchId) ?? readEnvelope(jws, receivedAtMs, rooms);
    envelopes.set(execution.dispatchId, known);
    recovery[await recoverOne(execution, await known, rooms)] += 1;
  }
  return recovery;
}

async function recoverOne(
  execution: JournaledExecution,
  envelope: DispatchEnvelope | null,
  rooms: RecoveryRooms,
): Promise<'resumed' | 'unknown' | 'ended'> {
  const { executionId, mode, attempt } = execution;
  const wasSent = execution.state !== 'journaled';
  const mayRun = envelope !== null && !isExpired(envelope, Date.now());
  if (mayRun && (!wasSent || (mode === 'direct' && attempt < attemptsMax))) {
    rooms.resume(envelope, execution, wasSent);
    return 'resumed';
  }
  const result = wasSent
    ? buildResultAfterRestart(
        executionId,
        { kind: 'unknown', reason: 'satellite_restarted', detail: restarted },
        execution,
      )
    : buildResult(
        executionId,
        envelope === null ? notStarted('envelope_refused', unpinned) : notStarted('expired', late),
        null,
      );
  await rooms.journal.perform({ op: 'finish', result, tail: null });
  rooms.outbox.result(result);
  return wasSent ? 'unknown' : 'ended';
}

const restarted =
  'The satellite stopped while the command was under way, and the node can’t be asked. Look on the node.';
const unpinned = 'The key that signed this dispatch is no longer pinned on the satellite.';
const late = 'The dispatch expired before the satellite was back.';

/** Its time was right when it came; everything else has to be right still. */
async function readEnvelope(jws: string, receivedAtMs: number, rooms: RecoveryRooms): Promise<DispatchEnvelope | null> {
  const { keys, organizationId, satelliteId } = rooms;
  const now = new Date(receivedAtMs);
  const verified = await verifyEnvelope(jws, { keys, organizationId, satelliteId, now, clockSkewMsMax });
  return verified.kind === 'verified' ? verified.envelope : verified.untimely;
}
