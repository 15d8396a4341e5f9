// Entered before each step of a beginning: why it may not begin now. Reads the switch, the clock and the customer's rules.
import { notStarted } from './end-execution.ts';
import { type Execution, isExpired } from './execution.ts';
import type { ExecutionRooms, NotStarted } from './execution-rooms.ts';

/** null: it may begin. */
export function findObstacle({ envelope, isCancelled, awaited }: Execution, rooms: ExecutionRooms): NotStarted | null {
  if (isCancelled) return wasCancelled();
  if (rooms.isHalted())
    return notStarted('halted', 'The halt switch of the satellite is on. Remove its file to go on.');
  const clock = rooms.clockProblem();
  if (clock !== null) return notStarted('clock_skew', clock);
  if (isExpired(envelope, Date.now())) {
    const why = awaited === null ? '' : ` The node was waited for and never reached: ${awaited.detail}`;
    return notStarted('expired', `The dispatch expired at ${envelope.expiresAt}, before the command was sent.${why}`);
  }
  return rooms.objection(envelope);
}

export function wasCancelled(): NotStarted {
  return notStarted('cancelled', 'The run was cancelled before the command was sent.');
}
