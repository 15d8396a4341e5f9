// Entered by the runtime for every dispatch frame: believed, judged, journaled, answered, in this order. Nothing runs here.
import { createHash, type KeyObject } from 'node:crypto';
import type { ExecutionMode, Outcome } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import { verifyEnvelope } from '@sena/envelope/verify-envelope';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import type { Rules } from '@sena/policy/rules/rule';
import type { SatelliteConfig } from '../config/satellite-config.ts';
import type { AcceptAnswer } from '../journal/journal-operations.ts';
import type { Journal } from '../journal/open-journal.ts';
import { notStarted } from './end-execution.ts';
import { judgeCommand } from './judge-command.ts';
import { type Consent, judgeConsent } from './judge-consent.ts';

type DispatchFrame = Extract<RelayFrame, { t: 'dispatch' }>;
type NotStarted = Extract<Outcome, { kind: 'not_started' }>;
export type DispatchAck = Extract<SatelliteFrame, { t: 'dispatch-ack' }>;

export type ReceivedDispatch =
  /** Not believed: nothing was journaled. */
  | { kind: 'refused'; ack: DispatchAck }
  /** Not believed any more, and taken before in the same words, when it was: what the journal says of it is the answer. */
  | { kind: 'taken-before'; ack: DispatchAck; known: string[] }
  | {
      kind: 'accepted';
      ack: DispatchAck;
      envelope: DispatchEnvelope;
      mode: ExecutionMode;
      /** To be run, or to be ended with `obstacle` when there is one. */
      fresh: string[];
      obstacle: NotStarted | null;
      /** Of those that are fresh: why these do not run, whatever the others do. */
      obstacles: ReadonlyMap<string, NotStarted>;
      /** Seen before: what the journal says of them is the answer. */
      known: string[];
    };

export type DispatchRules = {
  keys: ReadonlyMap<string, KeyObject>;
  organizationId: string;
  satelliteId: string;
  policy: SatelliteConfig['policy'];
  /** The customer's own; null: there are none. */
  localRules: Rules | null;
  parser: ShellParser;
  journal: Journal;
  isHalted(): boolean;
  /** Null: clocks agree. Otherwise the sentence that says how far they are apart. */
  clockProblem(): string | null;
};

export const clockSkewMsMax = 30_000;

export async function receiveDispatch(frame: DispatchFrame, rules: DispatchRules): Promise<ReceivedDispatch> {
  const now = new Date();
  const verified = await verifyEnvelope(frame.envelope, {
    keys: rules.keys,
    organizationId: rules.organizationId,
    satelliteId: rules.satelliteId,
    now,
    clockSkewMsMax,
  });
  const envelope = verified.kind === 'verified' ? verified.envelope : verified.untimely;
  if (envelope === null) {
    const known = await rules.journal.perform({ op: 'taken', dispatchId: frame.dispatchId, envelope: frame.envelope });
    if (known.length > 0) return { kind: 'taken-before', ack: ack(frame, null), known };
    const { code, message } = verified as Extract<typeof verified, { kind: 'refused' }>;
    return refuse(frame, code, message);
  }
  if (envelope.dispatchId !== frame.dispatchId) {
    return refuse(frame, 'envelope_other_dispatch', 'The envelope belongs to another dispatch than the frame says.');
  }
  const { identity } = rules.journal;
  // When it was approved is what nobody but the approver can change.
  const since = [envelope.notBefore, ...envelope.approvals.map(({ proof }) => proof.notBefore)];
  if (identity.isReplacement && since.some((time) => Date.parse(time) < identity.createdAtMs)) {
    const message = 'The journal of this satellite is younger than the dispatch: nobody knows whether it ran already.';
    return refuse(frame, 'envelope_before_journal', message);
  }

  const judgement = judgeCommand(rules.parser, envelope, rules.policy, rules.localRules);
  const mode: ExecutionMode = judgement.kind === 'run' ? judgement.mode : 'guarded';
  const consent =
    judgement.kind === 'run'
      ? await judgeConsent(judgement, envelope, rules.policy.passkeys, now.getTime())
      : judgement;
  const answer = await journalDispatch(frame, envelope, { mode, consent }, rules.journal, now.getTime());
  switch (answer.kind) {
    case 'nonce_reused':
      return refuse(frame, 'envelope_nonce_reused', 'Another dispatch with the same nonce was accepted before.');
    case 'content_differs':
      return refuse(
        frame,
        'envelope_content_differs',
        'A dispatch with this id and other content was accepted before.',
      );
    case 'accepted': {
      const { fresh, known } = answer;
      const obstacle = findObstacle();
      const obstacles = new Map(
        answer.barred.map(({ executionId, why }) => [executionId, notStarted('policy_refused', why)]),
      );
      return { kind: 'accepted', ack: ack(frame, null), envelope, mode, fresh, known, obstacle, obstacles };
    }
  }

  /** Only for what is new: what is known has its own end. */
  function findObstacle(): NotStarted | null {
    const clock = rules.clockProblem();
    if (clock !== null) return notStarted('clock_skew', clock);
    if (verified.kind === 'refused') {
      return notStarted(verified.code === 'envelope_expired' ? 'expired' : 'clock_skew', verified.message);
    }
    if (rules.isHalted())
      return notStarted('halted', 'The halt switch of the satellite is on. Remove its file to go on.');
    return consent.kind === 'refused' ? notStarted(consent.reason, consent.detail) : null;
  }
}

function journalDispatch(
  frame: DispatchFrame,
  envelope: DispatchEnvelope,
  { mode, consent }: { mode: ExecutionMode; consent: Consent },
  journal: Journal,
  receivedAtMs: number,
): Promise<AcceptAnswer> {
  const given = consent.kind === 'given' ? consent : null;
  return journal.perform({
    op: 'accept',
    dispatchId: envelope.dispatchId,
    nonce: envelope.nonce,
    contentHash: contentHash(envelope),
    envelope: frame.envelope,
    assignmentEpoch: envelope.assignmentEpoch,
    expiresAtMs: Date.parse(envelope.expiresAt),
    receivedAtMs,
    executions: envelope.nodes.map(({ executionId, nodeId }) => ({
      ...{ executionId, mode },
      approvedChanges: given?.changesOf(nodeId) ?? [],
    })),
    passkeyCounts: given?.passkeyCounts ?? [],
  });
}

/** What would run, and where; not when or by whose leave: the same work signed again is the same work. */
function contentHash(envelope: DispatchEnvelope): string {
  const { runId, step, assignmentEpoch, shell, command, environment, limits, nodes } = envelope;
  const content = [runId, step, assignmentEpoch, shell, command, environment, limits, nodes];
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function refuse(frame: DispatchFrame, code: string, message: string): ReceivedDispatch {
  return { kind: 'refused', ack: ack(frame, { code, message }) };
}

function ack({ dispatchId }: DispatchFrame, refusal: { code: string; message: string } | null): DispatchAck {
  return {
    t: 'dispatch-ack',
    dispatchId: dispatchId.slice(0, 64),
    accepted: refusal === null,
    code: refusal?.code ?? null,
    message: refusal?.message.slice(0, 500) ?? null,
  };
}
