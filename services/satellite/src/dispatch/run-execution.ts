// Entered by the queue: one execution, from its turn to its outcome in the journal. The order is the guarantee: connect,
// ask once more whether it may begin, commit `starting`, only then send the command.
import { randomUUID } from 'node:crypto';
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { Journal } from '../journal/open-journal.ts';
import type { Outbox } from '../output/create-outbox.ts';
import { createOutputMeter } from '../output/measure-output.ts';
import { commandText } from '../ssh/command-text.ts';
import { type CommandEnd, executeCommand } from '../ssh/execute-command.ts';
import type { ConnectionRefusal, SshTarget } from '../ssh/open-ssh-connection.ts';
import type { SshLease, SshPool } from '../ssh/ssh-pool.ts';
import { type Began, buildResult } from './build-result.ts';
import { type Execution, isExpired } from './execution.ts';
import type { Slot } from './execution-queue.ts';

/** Read-only commands alone. */
const attemptsMax = 2;
/** One dead warm connection is expected now and then; a second one is the node's state. */
const connectionsPerAttemptMax = 2;

export type ExecutionRooms = {
  journal: Journal;
  outbox: Outbox;
  pool: SshPool;
  isHalted(): boolean;
  /** Null: the clocks of satellite and relay agree. */
  clockProblem(): string | null;
  /** A lost read-only command: it takes its turn again. */
  retry(execution: Execution): void;
};

type NotStarted = Extract<Outcome, { kind: 'not_started' }>;
type Ended = { end: CommandEnd; began: Began; tail: ReturnType<ReturnType<Outbox['open']>['tail']> };

/** Rejects only when the journal does: then nothing may go on. */
export async function runExecution(execution: Execution, slot: Slot, rooms: ExecutionRooms): Promise<void> {
  const obstacle = findObstacle(execution, rooms);
  if (obstacle !== null) return await endUnstarted(execution, obstacle, rooms);
  const target = targetOf(execution);
  const lease = await rooms.pool.acquire(target);
  if (lease.kind === 'refused') return await endUnstarted(execution, refusalOutcome(lease), rooms);
  try {
    const ended = await attempt(execution, target, lease, slot, rooms);
    await conclude(execution, ended, rooms);
  } finally {
    lease.release();
  }
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
  const startedAtMs = Date.now();
  const mayStart = await rooms.journal.perform({
    op: 'starting',
    executionId: execution.id,
    attempt: number,
    atMs: startedAtMs,
  });
  if (!mayStart) {
    execution.logger.error({ attempt: number }, 'the journal does not let this execution begin, it is left alone');
    return null;
  }
  execution.attempts = number;

  const meter = createOutputMeter(execution.envelope.limits.outputBytesMax);
  const sink = rooms.outbox.open(execution.id, number);
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
    if (lease !== firstLease) lease.release();
    lease = next;
  }
  if (lease !== firstLease) lease.release();
  const durationMs = performance.now() - clockStart;
  return { end, began: { attempt: number, startedAtMs, durationMs, meter }, tail: sink.tail() };
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
  let isOver = false;
  const end = await executeCommand(lease.connection, {
    ...commandText(envelope.shell, envelope.command, envelope.environment, node.runAs, mark),
    timeoutMs: envelope.limits.timeoutMs,
    sink: {
      write(stream, chunk) {
        // The end is decided: what a dying channel still says is not part of it.
        if (!isOver) sink.append(stream, meter.pass(stream, chunk));
      },
      isFull: sink.isFull,
      room: sink.room,
    },
    onRunning() {
      slot.started();
      sink.started(new Date(startedAtMs).toISOString());
      // For reconciliation only: a failing journal shows at the next step that has to be certain.
      const { id: executionId, attempts } = execution;
      rooms.journal.perform({ op: 'running', executionId, attempt: attempts }).catch((error: unknown) => {
        execution.logger.error({ err: error }, 'running could not be journaled');
      });
    },
  });
  isOver = true;
  return end;
}

async function conclude(execution: Execution, ended: Ended | null, rooms: ExecutionRooms): Promise<void> {
  if (ended === null) return;
  const { end, began } = ended;
  if (end.kind !== 'refused' && end.kind !== 'not_sent') execution.wasSent = true;
  switch (end.kind) {
    case 'exited':
      return await finish({ kind: 'exited', exitCode: end.exitCode, signal: end.signal, reason: null });
    case 'killed':
      return await finish({ kind: 'exited', exitCode: null, signal: 'KILL', reason: 'timeout' });
    case 'kill_unproven':
      return await finish({ kind: 'unknown', reason: 'timeout_not_confirmed', detail: end.detail });
    case 'refused':
      return await endUnstarted(execution, notStarted('channel_refused', end.detail), rooms);
    case 'not_sent':
      return await endUnstarted(execution, notStarted('node_unreachable', end.detail), rooms);
    case 'lost': {
      const { envelope, mode, attempts, logger } = execution;
      if (mode === 'direct' && attempts < attemptsMax && !isExpired(envelope, Date.now())) {
        logger.warn({ attempt: attempts, detail: end.detail }, 'a read-only command was lost, it runs again');
        rooms.retry(execution);
        return;
      }
      return await finish({ kind: 'unknown', reason: 'connection_lost', detail: end.detail });
    }
  }

  async function finish(outcome: Outcome): Promise<void> {
    const result = buildResult(execution.id, outcome, began);
    await rooms.journal.perform({ op: 'finish', result, tail: ended?.tail ?? null });
    // The journal has every end; the log has those that somebody has to look at.
    if (outcome.kind === 'unknown')
      execution.logger.warn({ outcome, attempt: began.attempt }, 'it is not known how an execution ended');
    rooms.outbox.result(result);
  }
}

/** Also entered by the runtime, for those that never get a turn. */
export async function endUnstarted(
  execution: Execution,
  outcome: NotStarted,
  rooms: Pick<ExecutionRooms, 'journal' | 'outbox'>,
): Promise<void> {
  const { wasSent, attempts, id } = execution;
  const honest: Outcome = wasSent
    ? {
        kind: 'unknown',
        reason: 'connection_lost',
        detail: `The first attempt was lost, another did not begin: ${outcome.detail}`.slice(0, 500),
      }
    : outcome;
  const result = { ...buildResult(id, honest, null), attempt: wasSent ? attempts : 0 };
  await rooms.journal.perform({ op: 'finish', result, tail: null });
  execution.logger.info({ outcome: honest }, 'execution did not begin');
  rooms.outbox.result(result);
}

/** Why it may not begin now. */
function findObstacle({ envelope, isCancelled }: Execution, rooms: ExecutionRooms): NotStarted | null {
  if (isCancelled) return notStarted('cancelled', 'The run was cancelled before the command was sent.');
  if (rooms.isHalted())
    return notStarted('halted', 'The halt switch of the satellite is on. Remove its file to go on.');
  const clock = rooms.clockProblem();
  if (clock !== null) return notStarted('clock_skew', clock);
  if (isExpired(envelope, Date.now())) {
    return notStarted('expired', `The dispatch expired at ${envelope.expiresAt}, before the command was sent.`);
  }
  return null;
}

function targetOf({ node }: Execution): SshTarget {
  const { address, port, runAs, credential, hostKey } = node;
  return { address, port, user: runAs, credential, hostKey };
}

function refusalOutcome({ reason, detail }: ConnectionRefusal): NotStarted {
  return notStarted(reason, detail);
}

export function notStarted(reason: NotStarted['reason'], detail: string): NotStarted {
  return { kind: 'not_started', reason, detail: detail.slice(0, 500) };
}
