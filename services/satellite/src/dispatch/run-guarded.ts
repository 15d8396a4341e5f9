// Entered by run-execution for a change: on a node that can hold a guard it is started under one, or found out where an earlier
// process has started it. The order is the guarantee: `starting` is committed, with the boot it begins in, before anything is sent.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { GuardedEnd } from '../guard/follow-guarded-command.ts';
import { type GuardPlace, placeGuard } from '../guard/place-guard.ts';
import type { ConnectionRefusal, SshTarget } from '../ssh/open-ssh-connection.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import { endExecution, endUnstarted, notStarted } from './end-execution.ts';
import type { Begun, Execution } from './execution.ts';
import type { Slot } from './execution-queue.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { findObstacle } from './find-obstacle.ts';
import { followMeasured } from './follow-measured.ts';
import { askLater, reviseEnd } from './revise-end.ts';

/** `plain`: nothing has begun, and this node can't hold a guard. */
export async function runGuarded(
  execution: Execution,
  target: SshTarget,
  lease: SshLease,
  slot: Slot,
  rooms: ExecutionRooms,
): Promise<'ended' | 'plain'> {
  const place = await placeGuard(lease.connection, target.user);
  switch (place.kind) {
    case 'placed':
      await startGuarded(execution, target, lease, place, slot, rooms);
      return 'ended';
    case 'unplaceable':
      execution.logger.warn({ why: place.why }, "this node can't hold a guard, the plain rule holds");
      return 'plain';
    case 'disk_full':
      await endUnstarted(execution, notStarted('node_disk_full', `No guard could be placed: ${place.detail}`), rooms);
      return 'ended';
    case 'refused':
      await endUnstarted(execution, notStarted('channel_refused', place.detail), rooms);
      return 'ended';
    case 'lost':
      // Nothing was sent. A warm connection that had died unnoticed is expected now and then.
      lease.abandon();
      if (lease.isReused) return await runOverAnother(execution, target, slot, rooms);
      await endUnstarted(execution, notStarted('node_unreachable', place.detail), rooms);
      return 'ended';
  }
}

async function runOverAnother(
  execution: Execution,
  target: SshTarget,
  slot: Slot,
  rooms: ExecutionRooms,
): Promise<'ended' | 'plain'> {
  const next = await rooms.pool.acquire(target);
  if (next.kind === 'refused') {
    await endUnstarted(execution, notStarted(next.reason, next.detail), rooms);
    return 'ended';
  }
  try {
    return await runGuarded(execution, target, { ...next, isReused: false }, slot, rooms);
  } finally {
    next.release();
  }
}

async function startGuarded(
  execution: Execution,
  target: SshTarget,
  lease: SshLease,
  place: Extract<GuardPlace, { kind: 'placed' }>,
  slot: Slot,
  rooms: ExecutionRooms,
): Promise<void> {
  // Connecting took time: everything may be different now.
  const obstacle = findObstacle(execution, rooms);
  if (obstacle !== null) return await endUnstarted(execution, obstacle, rooms);
  const guard = { directory: place.directory, bootId: place.bootId };
  const attempt = execution.attempts + 1;
  const startedAtMs = Date.now();
  const mayStart = await rooms.journal.perform({
    ...{ op: 'starting', executionId: execution.id, attempt, atMs: startedAtMs, mode: 'guarded', guard },
  });
  if (!mayStart) {
    execution.logger.error({ attempt }, 'the journal does not let this execution begin, it is left alone');
    return;
  }
  execution.attempts = attempt;
  // The commit took time too, and nothing has left yet.
  const lateObstacle = findObstacle(execution, rooms);
  if (lateObstacle !== null) return await endUnstarted(execution, lateObstacle, rooms);
  const begun = { attempt, startedAtMs, guard, acked: { stdout: 0, stderr: 0 }, told: null };
  await follow(execution, begun, true, target, lease, slot, rooms);
}

/** Also one that was told as unknown. `lease`: a connection to its node, or why there is none yet. */
export async function resumeGuarded(
  execution: Execution,
  begun: Begun,
  target: SshTarget,
  lease: SshLease | ConnectionRefusal,
  slot: Slot,
  rooms: ExecutionRooms,
): Promise<void> {
  execution.logger.info(
    { attempt: begun.attempt },
    begun.told === null ? 'a command of an earlier process is found out' : 'a node is asked again about a command',
  );
  await follow(execution, begun, false, target, lease, slot, rooms);
}

async function follow(
  execution: Execution,
  begun: Begun,
  isNew: boolean,
  target: SshTarget,
  lease: SshLease | ConnectionRefusal,
  slot: Slot,
  rooms: ExecutionRooms,
): Promise<void> {
  const { envelope, id, logger } = execution;
  const { attempt, startedAtMs, guard, acked, told } = begun;
  const { shell, command, environment, limits } = envelope;
  const clockStartMs = performance.now() - (Date.now() - startedAtMs);
  const { end, meter, tail } = await followMeasured(
    {
      key: { ...guard, executionId: id, expiresAtMs: Date.parse(envelope.expiresAt), user: target.user },
      start: isNew ? { shell, text: command, environment, outputBytesMax: limits.outputBytesMax } : null,
      ...{ attempt, limits, timeoutMs: limits.timeoutMs, startedAtMs, acked },
      findOutUntilMs: Math.max(Date.parse(envelope.expiresAt), startedAtMs + limits.timeoutMs) + rooms.findOutMs,
      obstacle: () => findObstacle(execution, rooms),
      stopSignal: execution.stop.signal,
      onRunning(sink) {
        slot.started();
        // That it had begun was told with its end.
        if (told !== null) return;
        sink.started({ at: new Date(startedAtMs).toISOString(), bootId: guard.bootId, mayWait: false });
        // For reconciliation only: a failing journal shows at the next step that has to be certain.
        rooms.journal.perform({ op: 'running', executionId: id, attempt }).catch((error: unknown) => {
          logger.error({ err: error }, 'running could not be journaled');
        });
      },
      logger,
    },
    target,
    lease,
    rooms,
  );
  if (end.kind === 'left') return;
  // Of an unknown end the node keeps what it has: it may be asked again, by this satellite or another.
  if (end.kind === 'ended') rooms.cleaner.ended(id, target, guard.directory);
  if (told !== null) {
    const outcome = end.kind === 'not_begun' ? notStarted(end.reason, end.detail) : outcomeOf(end);
    return await reviseEnd(execution, { ...begun, told }, outcome, meter, tail, rooms);
  }
  execution.wasSent = end.kind !== 'not_begun';
  if (end.kind === 'not_begun') return await endUnstarted(execution, notStarted(end.reason, end.detail), rooms);
  const durationMs = performance.now() - clockStartMs;
  const began = { mode: 'guarded' as const, attempt, startedAtMs, durationMs, meter };
  const result = await endExecution(execution, outcomeOf(end), began, tail, rooms);
  if (result !== null) askLater(execution, begun, result, { asks: 0, isAcked: false }, rooms);
}

/** Also of one that another satellite has started. */
export function outcomeOf(end: Exclude<GuardedEnd, { kind: 'not_begun' | 'left' }>): Outcome {
  if (end.kind === 'unknown') return end;
  const { exitCode, signal, stopped } = end;
  return { kind: 'exited', exitCode, signal, reason: stopped };
}
