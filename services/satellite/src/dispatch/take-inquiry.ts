// An inquiry has come: another satellite was sent something, and what became of it is to be found out from here. Entered by the runtime for
// every inquiry frame, and for those that an earlier process left. Adds to queue and executions; starts nothing on a node.
import type { InquiryEnvelope, InquiryNode } from '@sena/contracts/envelope';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import type { Logger } from '@sena/telemetry/logger';
import { traceIdOf } from '@sena/telemetry/trace-context';
import { reportKnown } from './answer-reconcile.ts';
import { createInquired } from './create-work.ts';
import type { EarlyCancels } from './early-cancels.ts';
import type { Work } from './execution.ts';
import type { ExecutionQueue } from './execution-queue.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { type InquiryRules, receiveInquiry } from './receive-inquiry.ts';

export type InquiryRooms = {
  /** Everything that is not finished, by execution id. */
  executions: Map<string, Work>;
  queue: ExecutionQueue;
  earlyCancels: EarlyCancels;
  rooms: Pick<ExecutionRooms, 'journal' | 'outbox'>;
  logger: Logger;
  answer(ack: Extract<SatelliteFrame, { t: 'inquiry-ack' }>): void;
};

/** Rejects only when the journal does. */
export async function takeInquiry(
  frame: Extract<RelayFrame, { t: 'inquiry' }>,
  rules: InquiryRules,
  inquiryRooms: InquiryRooms,
): Promise<void> {
  const { rooms, logger, answer } = inquiryRooms;
  const received = await receiveInquiry(frame, rules);
  answer(received.ack);
  const { inquiryId, traceparent } = frame;
  const traceId = traceIdOf(traceparent);
  if (received.kind === 'refused') {
    const { code, message } = received.ack;
    logger.warn({ inquiryId, code, reason: message, traceId }, 'an inquiry was refused');
    return;
  }
  const { inquiry, fresh, known } = received;
  const { dispatchId, runId } = inquiry;
  const counts = { fresh: fresh.length, known: known.length };
  logger.info({ inquiryId, dispatchId, runId, ...counts, traceId }, 'an inquiry was journaled');
  const freshIds = new Set(fresh);
  for (const node of inquiry.nodes) if (freshIds.has(node.executionId)) findOutForAnother(inquiry, node, inquiryRooms);
  if (known.length > 0) await reportKnown(known, { ...rooms, logger });
}

/** `acked`: bytes of its output that the relay has, beyond what the inquiry says. */
export function findOutForAnother(
  inquiry: InquiryEnvelope,
  node: InquiryNode,
  { executions, queue, earlyCancels, logger }: Pick<InquiryRooms, 'executions' | 'queue' | 'earlyCancels' | 'logger'>,
  acked: { stdoutAcked: number; stderrAcked: number } = { stdoutAcked: 0, stderrAcked: 0 },
): void {
  const inquired = createInquired(inquiry, node, acked, logger);
  if (earlyCancels.find(inquired.id)?.isStop === true) inquired.stop.abort();
  executions.set(inquired.id, inquired);
  queue.add(inquired);
}
