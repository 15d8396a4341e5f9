// Entered by the queue for a command that another satellite was sent: what became of it, by the guard on its node, to the outcome in the
// journal. It never starts anything. Where the node can't be asked, it is asked again until nobody will know any more.
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';
import { placeGuard } from '../guard/place-guard.ts';
import type { OutputTail } from '../journal/journal-operations.ts';
import type { SshTarget } from '../ssh/open-ssh-connection.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import { atLeast, buildResult, buildResultAfterRestart } from './build-result.ts';
import { type Inquired, targetOf } from './execution.ts';
import type { Slot } from './execution-queue.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { followMeasured, type Measured } from './follow-measured.ts';
import { makeReportable } from './make-reportable.ts';
import { clockSkewMsMax } from './receive-dispatch.ts';
import { outcomeOf } from './run-guarded.ts';

/** What may change something is begun once. */
const attempt = 1;
const firstDelayMs = 250;
const delayMsMax = 30_000;

/** Rejects only when the journal does: then nothing may go on. */
export async function runInquiry(inquired: Inquired, slot: Slot, rooms: ExecutionRooms): Promise<void> {
  const { node, logger } = inquired;
  // It begins nothing, so it keeps nothing from beginning.
  slot.started();
  if (inquired.asks === 0)
    logger.info({ startedAt: node.startedAt, bootId: node.bootId }, 'a command of another satellite is found out');
  if (node.startedAt !== null && node.bootId === null) return await endUnknown(inquired, withoutGuard, rooms);
  const asked = await askNode(inquired, targetOf(inquired), rooms);
  if (asked === 'done') return;
  const delayMs = Math.min(firstDelayMs * 2 ** inquired.asks, delayMsMax);
  const mayWaitMs = (asked.mayChange ? findOutUntilMs(inquired, rooms) : beginsUntilMs(inquired)) - Date.now();
  if (mayWaitMs < delayMs) return await endUnknown(inquired, asked.detail, rooms, asked.reason);
  inquired.asks += 1;
  logger.warn(
    { detail: asked.detail, retryInMs: delayMs },
    'a node could not be asked about another satellite’s command',
  );
  // Others may have the node meanwhile.
  rooms.wait(inquired, delayMs);
}

type NotAsked = { mayChange: boolean; reason: 'node_not_reached' | 'satellite_lost'; detail: string };

async function askNode(inquired: Inquired, target: SshTarget, rooms: ExecutionRooms): Promise<'done' | NotAsked> {
  const lease = await rooms.pool.acquire(target);
  if (lease.kind === 'refused') return notReached(lease.detail);
  try {
    const place = await placeGuard(lease.connection, target.user);
    switch (place.kind) {
      case 'placed':
        await follow(inquired, place.directory, target, lease, rooms);
        return 'done';
      case 'unplaceable':
        // Its former satellite may begin it without a guard, as long as it is valid.
        return inquired.node.startedAt === null
          ? { mayChange: false, reason: 'satellite_lost', detail: unplaceable(place.why) }
          : notReached(`It can't hold a guard any more: ${place.why}.`);
      case 'lost':
        lease.abandon();
        return notReached(place.detail);
      case 'disk_full':
      case 'refused':
        return notReached(place.detail);
    }
  } finally {
    lease.release();
  }
}

async function follow(
  inquired: Inquired,
  directory: string,
  target: SshTarget,
  lease: SshLease,
  rooms: ExecutionRooms,
): Promise<void> {
  const { inquiry, node, id, logger, acked } = inquired;
  const { limits, dispatchExpiresAt } = inquiry;
  const measured = await followMeasured(
    {
      key: {
        ...{ directory, executionId: id, bootId: node.bootId, user: target.user },
        expiresAtMs: Date.parse(dispatchExpiresAt),
      },
      start: null,
      obstacle: () => null,
      ...{ attempt, limits, acked },
      // The start is by the other satellite's clock, and nothing is stopped before its time.
      timeoutMs: limits.timeoutMs + (node.startedAt === null ? 0 : 2 * clockSkewMsMax),
      startedAtMs: node.startedAt === null ? Date.now() : Date.parse(node.startedAt),
      findOutUntilMs: findOutUntilMs(inquired, rooms),
      stopSignal: inquired.stop.signal,
      // Whether it has begun is not known: only its own satellite says so.
      onRunning: () => undefined,
      logger,
    },
    target,
    lease,
    rooms,
  );
  const { end, tail } = measured;
  if (end.kind === 'left') return;
  if (end.kind === 'not_begun') {
    const detail = end.reason === 'never_arrived' ? neverArrived : end.detail;
    const outcome = { kind: 'not_started', reason: end.reason, detail } as const;
    return await finish(inquired, buildResult(id, outcome, null), null, rooms);
  }
  // What is unknown here its own satellite may still read there.
  if (end.kind === 'ended') rooms.cleaner.ended(id, target, directory);
  await finish(inquired, resultOf(inquired, outcomeOf(end), measured), tail, rooms);
}

/** How long it took is not known, only that it had begun. */
function resultOf({ id, node, acked }: Inquired, outcome: Outcome, { meter }: Measured): ExecutionResult {
  const built = buildResult(id, outcome, { mode: 'guarded', attempt, startedAtMs: 0, durationMs: 0, meter });
  return atLeast({ ...built, startedAt: node.startedAt, durationMs: null }, acked);
}

/** Its node can't be asked, now or any more. */
async function endUnknown(
  inquired: Inquired,
  detail: string,
  rooms: ExecutionRooms,
  reason: NotAsked['reason'] = 'satellite_lost',
): Promise<void> {
  const { id, node, acked } = inquired;
  const outcome: Outcome = { kind: 'unknown', reason, detail: detail.slice(0, 500) };
  const startedAtMs = node.startedAt === null ? null : Date.parse(node.startedAt);
  const known = { attempt, startedAtMs, stdoutAcked: acked.stdout, stderrAcked: acked.stderr };
  await finish(inquired, buildResultAfterRestart(id, outcome, known), null, rooms);
}

async function finish(
  { logger }: Inquired,
  end: ExecutionResult,
  tail: OutputTail | null,
  rooms: Pick<ExecutionRooms, 'journal' | 'outbox'>,
): Promise<void> {
  const result = makeReportable(end, { logger });
  // Nothing of it has begun here.
  const isMine = await rooms.journal.perform({ op: 'finish', result, attempt: 0, tail });
  if (!isMine) {
    logger.error({ outcome: result.outcome }, 'the journal holds another end of what was to be found out');
    return;
  }
  logger.info({ outcome: result.outcome }, 'a command of another satellite was found out');
  rooms.outbox.result(result);
}

/** Until then its former satellite may begin it, by any of the clocks. */
function beginsUntilMs({ inquiry }: Inquired): number {
  return Date.parse(inquiry.dispatchExpiresAt) + 2 * clockSkewMsMax;
}

function findOutUntilMs({ inquiry, node }: Inquired, { findOutMs }: ExecutionRooms): number {
  const { dispatchExpiresAt, limits } = inquiry;
  const beganMs = Date.parse(node.startedAt ?? dispatchExpiresAt);
  return Math.max(Date.parse(dispatchExpiresAt), beganMs + limits.timeoutMs) + findOutMs;
}

function notReached(detail: string): NotAsked {
  return {
    mayChange: true,
    reason: 'node_not_reached',
    detail: `Its satellite is gone, and the node could not be asked what became of the command. ${detail}`,
  };
}

const withoutGuard =
  'It was begun without a guard on the node, and its satellite is gone: nobody else can find out how it ended. Look on the node.';
const neverArrived =
  'Its satellite was lost before the command reached the node. A tombstone there makes sure that it can not start any more.';
const unplaceable = (why: string) =>
  `Its satellite is gone and never said that it had begun, and the node can't hold a guard by which another one could find out: ${why}. Look on the node.`;
