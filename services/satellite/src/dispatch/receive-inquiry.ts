// Entered by the runtime for every inquiry frame: believed, journaled, answered, in this order. Nobody is asked here. Neither policy nor
// halt switch has a say: it holds no command, and what it leaves on a node is a tombstone, which only keeps something from running.
import { createHash, type KeyObject } from 'node:crypto';
import type { InquiryEnvelope } from '@sena/contracts/envelope';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { verifyInquiry } from '@sena/envelope/verify-inquiry';
import type { Journal } from '../journal/open-journal.ts';
import { clockSkewMsMax } from './receive-dispatch.ts';

type InquiryFrame = Extract<RelayFrame, { t: 'inquiry' }>;
type InquiryAck = Extract<SatelliteFrame, { t: 'inquiry-ack' }>;

export type ReceivedInquiry =
  /** Not believed: nothing was journaled. */
  | { kind: 'refused'; ack: InquiryAck }
  | {
      kind: 'accepted';
      ack: InquiryAck;
      inquiry: InquiryEnvelope;
      /** To be found out. */
      fresh: string[];
      /** Its own work, or asked about before: what the journal says of them is the answer. */
      known: string[];
    };

export type InquiryRules = {
  keys: ReadonlyMap<string, KeyObject>;
  organizationId: string;
  satelliteId: string;
  journal: Journal;
  /** Null: clocks agree. Otherwise the sentence that says how far they are apart. */
  clockProblem(): string | null;
};

export async function receiveInquiry(frame: InquiryFrame, rules: InquiryRules): Promise<ReceivedInquiry> {
  const { keys, organizationId, satelliteId, journal } = rules;
  const now = new Date();
  const verified = await verifyInquiry(frame.envelope, { keys, organizationId, satelliteId, now, clockSkewMsMax });
  // By a wrong clock a command would be stopped at a wrong time.
  const clock = rules.clockProblem();
  if (clock !== null) return refuse(frame, 'clock_skew', clock);
  if (verified.kind === 'refused') return refuse(frame, verified.code, verified.message);
  const inquiry = verified.envelope;
  if (inquiry.inquiryId !== frame.inquiryId) {
    return refuse(frame, 'envelope_other_inquiry', 'The envelope belongs to another inquiry than the frame says.');
  }
  const answer = await journal.perform({
    op: 'accept',
    dispatchId: inquiry.inquiryId,
    nonce: inquiry.nonce,
    contentHash: createHash('sha256').update(frame.envelope).digest('hex'),
    envelope: frame.envelope,
    assignmentEpoch: 0,
    expiresAtMs: Date.parse(inquiry.expiresAt),
    receivedAtMs: now.getTime(),
    executions: inquiry.nodes.map(({ executionId }) => ({ executionId, mode: 'inquiry' })),
  });
  switch (answer.kind) {
    case 'nonce_reused':
      return refuse(frame, 'envelope_nonce_reused', 'Something else with the same nonce was accepted before.');
    case 'content_differs':
      return refuse(
        frame,
        'envelope_content_differs',
        'An inquiry with this id and other content was accepted before.',
      );
    case 'accepted': {
      const { fresh, known } = answer;
      return { kind: 'accepted', ack: ack(frame, null), inquiry, fresh, known };
    }
  }
}

function refuse(frame: InquiryFrame, code: string, message: string): ReceivedInquiry {
  return { kind: 'refused', ack: ack(frame, { code, message }) };
}

function ack({ inquiryId }: InquiryFrame, refusal: { code: string; message: string } | null): InquiryAck {
  return {
    t: 'inquiry-ack',
    inquiryId: inquiryId.slice(0, 64),
    accepted: refusal === null,
    code: refusal?.code ?? null,
    message: refusal?.message.slice(0, 500) ?? null,
  };
}
