// Entered by the queue: one execution, from its turn to its outcome in the journal. The order is the guarantee: connect,
// ask once more whether it may begin, commit `starting`, only then send the command.
import { randomUUID } from 'node:crypto';
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { OutputTail } from '../journal/journal-operations.ts';
import type { Outbox } from '../output/create-outbox.ts';
import { createOutputMeter } from '../output/measure-output.ts';
import { logUnjudged, measuredSink } from '../output/measured-sink.ts';
import { commandText } from '../ssh/command-text.ts';
import { type CommandEnd, executeCommand } from '../ssh/execute-command.ts';
import { loginShellOf } from '../ssh/learn-login-shell.ts';
import type { ConnectionRefusal, SshTarget } from '../ssh/open-ssh-connection.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import type { Began } from './build-result.ts';
import { endExecution, endUnstarted, notStarted } from './end-execution.ts';
import { attemptsMax, type Execution, isExpired, nodeKeyOf, targetOf } from './execution.ts';
import type { Slot } from './execution-queue.ts';
import type { ExecutionRooms, NotStarted } from './execution-rooms.ts';
import { findObstacle } from './find-obstacle.ts';
import { resumeGuarded, runGuarded } from './run-guarded.ts';

/** One dead warm connection is expected now and then; a second one is the node's state. */
const connectionsPerAttemptMax = 2;
/** A node that is away is tried again after this, later each time. */
const firstTryMs = 2_000;
const tryDelayMsMax = 60_000;
/** What has ended by then is never called running in the journal: nothing depends on it, and most commands have. */
const runningAfterMs = 200;

type Ended = { end: CommandEnd; began: Began; tail: OutputTail | null };

/** Rejects only when the journal does: then nothing may go on. */
export async function runExecution(execution: Execution, slot: Slot, rooms: ExecutionRooms): Promise<void> {
  const { begun, mode } = execution;
  const obstacle = begun === null ? findObstacle(execution, rooms) : null;
  if (obstacle !== null) return await endUnstarted(execution, obstacle, rooms);
  const target = targetOf(execution);
  const lease = await rooms.pool.acquire(target);
  if (begun !== null) {
    await resumeGuarded(execution, begun, target, lease, slot, rooms);
    if (lease.kind === 'lease') lease.release();
    return;
  }
  if (lease.kind === 'refused') {
    if (mayWait(execution, lease)) return rooms.wait(execution, nextTryMs(execution));
    return await endUnstarted(execution, whyUnreached(execution, lease), rooms);
  }
  rooms.askAgain.reached(nodeKeyOf(execution));
  try {
    if (mode === 'guarded' && (await runGuarded(execution, target, lease, slot, rooms)) === 'ended') return;
    const ended = await attempt(execution, target, lease, slot, rooms);
    await conclude(execution, ended, rooms);
  } finally {
    lease.release();
  }
}

/** Only for what was never sent: a lost reading that can't be repeated stays what it is. */
function mayWait(execution: Execution, refusal: ConnectionRefusal): boolean {
  if (refusal.reason !== 'node_unreachable' || execution.envelope.limits.nodeWaitMs === undefined) return false;
  if (execution.wasSent) return false;
  const sinceMs = execution.awaited?.sinceMs ?? Date.now();
  execution.awaited = { sinceMs, detail: refusal.detail };
  return Date.now() < sinceMs + execution.envelope.limits.nodeWaitMs;
}

/** As long as it was waited for already, and not past the end of the validity. */
function nextTryMs({ envelope, awaited, logger }: Execution): number {
  const waitedMs = Date.now() - (awaited?.sinceMs ?? Date.now());
  const leftMs = Math.max(0, Date.parse(envelope.expiresAt) - Date.now());
  const delayMs = Math.min(Math.max(firstTryMs, waitedMs), tryDelayMsMax, leftMs);
  logger.info({ retryInMs: delayMs, detail: awaited?.detail }, 'a node is waited for');
  return delayMs;
}

function whyUnreached({ awaited }: Execution, { reason, detail }: ConnectionRefusal): NotStarted {
  if (awaited === null || reason !== 'node_unreachable') return notStarted(reason, detail);
  const seconds = Math.round((Date.now() - awaited.sinceMs) / 1_000);
  return notStarted('expired', `The node was waited for ${seconds} s and never reached: ${detail}`);
}

/** Null: nothing ended, because nothing began; `endUnstarted` has said why. */
async function attempt(
  execution: Execution,
  target: SshTarget,
  firstLease: SshLease,
  slot: Slot,
  rooms: ExecutionRooms,
): Promise<Ended | null> {
  // Connecting took time: everything may be different now.
  const obstacle = findObstacle(execution, rooms);
  if (obstacle !== null) {
    await endUnstarted(execution, obstacle, rooms);
    return null;
  }
  const number = execution.attempts + 1;
  const mode = execution.mode === 'direct' ? 'direct' : 'plain';
  const startedAtMs = Date.now();
  const mayStart = await rooms.journal.perform({
    op: 'starting',
    executionId: execution.id,
    attempt: number,
    atMs: startedAtMs,
    mode,
    guard: null,
  });
  if (!mayStart) {
    execution.logger.error({ attempt: number }, 'the journal does not let this execution begin, it is left alone');
    return null;
  }
  execution.attempts = number;
  // The commit took time too, and nothing of this attempt has left yet.
  const lateObstacle = findObstacle(execution, rooms);
  if (lateObstacle !== null) {
    await endUnstarted(execution, lateObstacle, rooms);
    return null;
  }

  const sink = rooms.outbox.open(execution.id, number);
  const meter = createOutputMeter({
    limitBytes: execution.envelope.limits.outputBytesMax,
    rules: rooms.redaction,
    onward: sink.append,
    onUnjudged: (error) => logUnjudged(execution.logger, error),
  });
  const clockStart = performance.now();
  let lease = firstLease;
  let end: CommandEnd = { kind: 'not_sent', detail: '' };
  for (let connections = 1; ; connections += 1) {
    end = await send(execution, lease, slot, sink, meter, startedAtMs, rooms);
    if (end.kind !== 'not_sent' || connections >= connectionsPerAttemptMax) break;
    const next = await rooms.pool.acquire(target);
    if (next.kind === 'refused') {
      end = { kind: 'not_sent', detail: next.detail };
      break;
    }
    // Connecting took time once more.
    const newObstacle = findObstacle(execution, rooms);
    if (newObstacle !== null) {
      next.release();
      if (lease !== firstLease) lease.release();
      await endUnstarted(execution, newObstacle, rooms);
      return null;
    }
    if (lease !== firstLease) lease.release();
    lease = next;
  }
  if (lease !== firstLease) lease.release();
  const durationMs = performance.now() - clockStart;
  await meter.settle(true);
  return { end, began: { mode, attempt: number, startedAtMs, durationMs, meter }, tail: sink.tail() };
}

async function send(
  execution: Execution,
  lease: SshLease,
  slot: Slot,
  sink: ReturnType<Outbox['open']>,
  meter: Began['meter'],
  startedAtMs: number,
  rooms: ExecutionRooms,
): Promise<CommandEnd> {
  const { envelope, node } = execution;
  const mark = randomUUID().replaceAll('-', '');
  const loginShell = loginShellOf(lease.connection);
  const isReading = execution.mode === 'direct';
  const measured = measuredSink(meter, sink);
  let isOver = false;
  let runningTimer: NodeJS.Timeout | undefined;
  const end = await executeCommand(lease.connection, {
    ...commandText(envelope.shell, envelope.command, envelope.environment, node.runAs, { mark, loginShell, isReading }),
    timeoutMs: envelope.limits.timeoutMs,
    sink: {
      ...measured,
      write(stream, chunk) {
        // The end is decided: what a dying channel still says is not part of it.
        if (!isOver) measured.write(stream, chunk);
      },
    },
    onRunning() {
      slot.started();
      sink.started({ at: new Date(startedAtMs).toISOString(), bootId: null, mayWait: execution.mode === 'direct' });
      runningTimer = setTimeout(journalRunning, runningAfterMs);
    },
    onCut: meter.wasCut,
  });
  isOver = true;
  clearTimeout(runningTimer);
  return end;

  /** For reconciliation only: a failing journal shows at the next step that has to be certain. */
  function journalRunning(): void {
    const { id: executionId, attempts } = execution;
    rooms.journal.perform({ op: 'running', executionId, attempt: attempts }).catch((error: unknown) => {
      execution.logger.error({ err: error }, 'running could not be journaled');
    });
  }
}

async function conclude(execution: Execution, ended: Ended | null, rooms: ExecutionRooms): Promise<void> {
  if (ended === null) return;
  const { end, began, tail } = ended;
  if (end.kind !== 'refused' && end.kind !== 'not_sent') execution.wasSent = true;
  switch (end.kind) {
    case 'exited':
      // What it printed is what a reading was for.
      if (end.brokeOff && runsAgain('its connection broke before all of its output was here')) return;
      return await finish({ kind: 'exited', exitCode: end.exitCode, signal: end.signal, reason: null });
    case 'killed':
      return await finish({ kind: 'exited', exitCode: null, signal: 'KILL', reason: 'timeout' });
    case 'kill_unproven':
      return await finish({ kind: 'unknown', reason: 'timeout_not_confirmed', detail: end.detail });
    case 'unannounced':
      return await finish({ kind: 'unknown', reason: 'start_not_seen', detail: end.detail });
    case 'refused':
      return await endUnstarted(execution, notStarted('channel_refused', end.detail), rooms);
    case 'not_sent':
      return await endUnstarted(execution, notStarted('node_unreachable', end.detail), rooms);
    case 'lost':
      if (runsAgain(end.detail)) return;
      return await finish({ kind: 'unknown', reason: 'connection_lost', detail: end.detail });
  }

  /** True: it is read-only, and has another attempt. */
  function runsAgain(detail: string): boolean {
    const { envelope, mode, attempts, logger } = execution;
    if (mode !== 'direct' || attempts >= attemptsMax || isExpired(envelope, Date.now())) return false;
    logger.warn({ attempt: attempts, detail }, 'a read-only command was lost, it runs again');
    rooms.retry(execution);
    return true;
  }

  async function finish(outcome: Outcome): Promise<void> {
    await endExecution(execution, outcome, began, tail, rooms);
  }
}
