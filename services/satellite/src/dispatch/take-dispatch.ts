// A dispatch has come: it is answered, what is new of it gets its turn, and what is known of the rest is told. Entered by the runtime for
// every dispatch frame, for several at once. Adds to queue and executions; ends what may not begin.
import type { RelayFrame } from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';
import { traceIdOf } from '@sena/telemetry/trace-context';
import { reportKnown } from './answer-reconcile.ts';
import type { RulesOfNow } from './create-rules-of-now.ts';
import { createExecution } from './create-work.ts';
import type { EarlyCancels } from './early-cancels.ts';
import { endUnstarted } from './end-execution.ts';
import type { Work } from './execution.ts';
import type { ExecutionQueue } from './execution-queue.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { wasCancelled } from './find-obstacle.ts';
import { type DispatchAck, type DispatchRules, receiveDispatch } from './receive-dispatch.ts';
import type { WaitingRoom } from './waiting-room.ts';

export type DispatchRooms = {
  /** Everything that is not finished, by execution id. */
  executions: Map<string, Work>;
  queue: ExecutionQueue;
  waitingRoom: WaitingRoom;
  earlyCancels: EarlyCancels;
  rooms: ExecutionRooms;
  rulesOfNow: RulesOfNow;
  logger: Logger;
  answer(ack: DispatchAck): void;
};

/** Rejects only when the journal does. */
export async function takeDispatch(
  frame: Extract<RelayFrame, { t: 'dispatch' }>,
  rules: DispatchRules,
  { executions, queue, waitingRoom, earlyCancels, rooms, rulesOfNow, logger, answer }: DispatchRooms,
): Promise<void> {
  const { journal, outbox } = rooms;
  const judgedAtMs = Date.now();
  const received = await receiveDispatch(frame, rules);
  answer(received.ack);
  if (received.kind === 'refused') {
    const { code, message } = received.ack;
    const { dispatchId, traceparent } = frame;
    logger.warn({ dispatchId, code, reason: message, traceId: traceIdOf(traceparent) }, 'a dispatch was refused');
    return;
  }
  if (received.kind === 'taken-before') return await reportKnown(received.known, { journal, outbox, logger });
  const { envelope, mode, fresh, known, obstacle, obstacles } = received;
  const { dispatchId, runId, traceparent } = envelope;
  const counts = { fresh: fresh.length, known: known.length };
  const traceId = traceIdOf(frame.traceparent ?? traceparent);
  logger.info({ dispatchId, runId, mode, ...counts, obstacle, traceId }, 'a dispatch was journaled');
  if (obstacle === null) rulesOfNow.agreed(envelope, rules.localRules, judgedAtMs);
  // Assigned again before it began: the newer assignment is the one that runs.
  const freshIds = new Set(fresh);
  if (fresh.some((id) => executions.has(id))) {
    queue.take((waiting): waiting is Work => freshIds.has(waiting.id));
    waitingRoom.drop((waiting) => freshIds.has(waiting.id));
    // Of those that are tried at this moment too: they go back to no waiting room.
    for (const id of fresh) executions.delete(id);
  }
  const begun = envelope.nodes
    .filter((node) => freshIds.has(node.executionId))
    .map((node) => createExecution(envelope, node, mode, logger));
  const ending: Array<Promise<void>> = [];
  for (const execution of begun) {
    const cancelled = earlyCancels.find(execution.id) === null ? null : wasCancelled();
    const why = obstacle ?? obstacles.get(execution.id) ?? cancelled;
    if (why !== null) {
      ending.push(endUnstarted(execution, why, rooms));
      continue;
    }
    executions.set(execution.id, execution);
    queue.add(execution);
  }
  await Promise.all(ending);
  if (known.length > 0) await reportKnown(known, { journal, outbox, logger });
}
