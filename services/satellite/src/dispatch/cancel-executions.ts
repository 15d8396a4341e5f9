// Entered by the runtime when the relay says that nothing of these starts any more, and every second for those whose time ran out in the
// queue. Ends what has not begun; what was sent is told to stop where that is wanted, and found out all the same.
import type { EarlyCancels } from './early-cancels.ts';
import { endUnstarted, notStarted } from './end-execution.ts';
import { type Execution, isExpired, mayBegin, type Work } from './execution.ts';
import type { ExecutionQueue } from './execution-queue.ts';
import type { ExecutionRooms, NotStarted } from './execution-rooms.ts';
import { wasCancelled } from './find-obstacle.ts';
import type { WaitingRoom } from './waiting-room.ts';

export type CancelRooms = {
  /** Everything that is not finished, by execution id. */
  executions: ReadonlyMap<string, Work>;
  queue: ExecutionQueue;
  waitingRoom: WaitingRoom;
  earlyCancels: EarlyCancels;
  rooms: ExecutionRooms;
  /** Completes "it expired while …"; null: something may start, and those that wait are behind others. */
  whyShut(): string | null;
  forgetFinished(work: Work): void;
};

/** `isStop`: what runs is stopped too. Rejects only when the journal does. */
export async function cancelExecutions(
  executionIds: readonly string[],
  isStop: boolean,
  cancelRooms: CancelRooms,
): Promise<void> {
  const { executions, waitingRoom, earlyCancels } = cancelRooms;
  const wanted = new Set(executionIds);
  for (const id of wanted) {
    const work = executions.get(id);
    if (work === undefined) {
      // Its dispatch may be behind this, or in the hands of somebody who still looks at its signature.
      earlyCancels.remember(id, isStop);
      continue;
    }
    // What another satellite was sent is found out all the same: nothing of it starts here.
    if (work.kind === 'dispatched') work.isCancelled = true;
    if (isStop) work.stop.abort();
    if (work.kind === 'dispatched' || isStop) waitingRoom.call(work);
  }
  await endWaiting((execution) => wanted.has(execution.id), wasCancelled, cancelRooms);
}

/** Those whose time ran out in the queue. Rejects only when the journal does. */
export async function endExpired(cancelRooms: CancelRooms): Promise<void> {
  const nowMs = Date.now();
  const shut = cancelRooms.whyShut();
  const expired = ({ envelope }: Execution) => {
    const when = `The dispatch expired at ${envelope.expiresAt} while`;
    if (shut !== null) return notStarted('expired', `${when} ${shut}.`);
    return notStarted('node_busy', `${when} earlier commands held the node or the satellite.`);
  };
  await endWaiting(({ envelope }) => isExpired(envelope, nowMs), expired, cancelRooms);
}

/** What was sent is found out, however late. */
async function endWaiting(
  isWanted: (execution: Execution) => boolean,
  why: (execution: Execution) => NotStarted,
  { queue, rooms, forgetFinished }: CancelRooms,
): Promise<void> {
  const waiting = queue.take((work): work is Execution => mayBegin(work) && isWanted(work));
  await Promise.all(
    waiting.map(async (execution) => {
      await endUnstarted(execution, why(execution), rooms);
      forgetFinished(execution);
    }),
  );
}
