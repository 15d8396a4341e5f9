// Entered once, before the first connection: what an earlier process left in the journal. `starting` means find out, never run
// again: a guarded change is asked for on its node, a plain one is `unknown`. What was never sent may still run, if the customer's
// policy of today lets it.
import type { KeyObject } from 'node:crypto';
import type { ExecutionMode } from '@sena/contracts/domain/outcome';
import type { DispatchEnvelope, EnvelopeNode, InquiryEnvelope, InquiryNode } from '@sena/contracts/envelope';
import { verifyEnvelope } from '@sena/envelope/verify-envelope';
import { verifyInquiry } from '@sena/envelope/verify-inquiry';
import type { Logger } from '@sena/telemetry/logger';
import type { JournaledExecution } from '../journal/journal-operations.ts';
import type { Journal } from '../journal/open-journal.ts';
import type { Outbox } from '../output/create-outbox.ts';
import { isUndecided } from './ask-again.ts';
import { buildResult, buildResultAfterRestart } from './build-result.ts';
import { notStarted } from './end-execution.ts';
import { attemptsMax, type Begun, isExpired } from './execution.ts';
import type { Judgement } from './judge-command.ts';
import { makeReportable } from './make-reportable.ts';
import { clockSkewMsMax } from './receive-dispatch.ts';

export type RecoveryRooms = {
  journal: Journal;
  outbox: Outbox;
  logger: Logger;
  keys: ReadonlyMap<string, KeyObject>;
  organizationId: string;
  satelliteId: string;
  judge(envelope: DispatchEnvelope): Promise<Judgement>;
  /** `wasSent`: a read-only command of the former process. */
  resume(
    envelope: DispatchEnvelope,
    node: EnvelopeNode,
    execution: { mode: ExecutionMode; attempt: number },
    wasSent: boolean,
  ): void;
  findOut(envelope: DispatchEnvelope, node: EnvelopeNode, begun: Begun): void;
  /** Told as unknown, and its node may know better. `isAcked`: the relay has what was told. */
  askAgain(envelope: DispatchEnvelope, node: EnvelopeNode, begun: Begun, isAcked: boolean): void;
  /** The same for a command of another satellite. */
  findOutForAnother(inquiry: InquiryEnvelope, node: InquiryNode, execution: JournaledExecution): void;
};

export type Recovery = {
  resumed: number;
  askedFor: number;
  askedAgain: number;
  unknown: number;
  ended: number;
  unacknowledged: number;
};

type OwnExecution = JournaledExecution & { mode: ExecutionMode };

export async function recoverExecutions(rooms: RecoveryRooms): Promise<Recovery> {
  const recovery: Recovery = { resumed: 0, askedFor: 0, askedAgain: 0, unknown: 0, ended: 0, unacknowledged: 0 };
  const unacked = await rooms.journal.perform({ op: 'unacked' });
  for (const { result, tail } of unacked) rooms.outbox.result(makeReportable(result, rooms), tail);
  recovery.unacknowledged = unacked.length;

  // Those that begin now may end while the others are read: their end is theirs to tell.
  const taken = new Set<string>();
  for (const dispatchId of await rooms.journal.perform({ op: 'left-behind', what: 'unfinished' })) {
    const left = await rooms.journal.perform({ op: 'left-of', what: 'unfinished', dispatchId });
    if (left === null) continue;
    const asked = left.executions.filter(({ mode }) => mode === 'inquiry');
    const sent = left.executions.filter(isOwn);
    for (const { executionId } of left.executions) taken.add(executionId);
    const inquiry = asked.length === 0 ? null : await readInquiry(left.envelope, left.receivedAtMs, rooms);
    const dispatch =
      sent.length === 0 ? nothing : readDispatch(await readEnvelope(left.envelope, left.receivedAtMs, rooms), rooms);
    // Their commits share a sync.
    const became = await Promise.all([
      ...asked.map((execution) => recoverInquiry(execution, inquiry, rooms)),
      ...sent.map((execution) => recoverOne(execution, dispatch, rooms)),
    ]);
    for (const what of became) recovery[what] += 1;
  }
  for (const dispatchId of await rooms.journal.perform({ op: 'left-behind', what: 'undecided' })) {
    const left = await rooms.journal.perform({ op: 'left-of', what: 'undecided', dispatchId });
    const executions = left?.executions.filter(({ executionId }) => !taken.has(executionId)) ?? [];
    if (left === null || executions.length === 0) continue;
    const dispatch = readDispatch(await readEnvelope(left.envelope, left.receivedAtMs, rooms), rooms);
    for (const execution of executions) if (recoverUndecided(execution, dispatch, rooms)) recovery.askedAgain += 1;
  }
  return recovery;
}

/** What all of its executions share is looked at once. */
type ReadDispatch = {
  /** Null: it can't be believed any more. */
  envelope: DispatchEnvelope | null;
  nodes: ReadonlyMap<string, EnvelopeNode>;
  judge(envelope: DispatchEnvelope): Promise<Judgement>;
};

const nothing: ReadDispatch = {
  envelope: null,
  nodes: new Map(),
  judge: () => Promise.reject(new Error('there is no dispatch to judge')),
};

function readDispatch(envelope: DispatchEnvelope | null, rooms: RecoveryRooms): ReadDispatch {
  let judged: Promise<Judgement> | null = null;
  return {
    envelope,
    nodes: new Map(envelope?.nodes.map((node) => [node.executionId, node])),
    judge(whole) {
      judged ??= rooms.judge(whole);
      return judged;
    },
  };
}

function isOwn(execution: JournaledExecution): execution is OwnExecution {
  return execution.mode !== 'inquiry';
}

/** False: it stays unknown. */
function recoverUndecided(
  { executionId, attempt, startedAtMs, guard, result, isOutcomeAcked }: JournaledExecution,
  { envelope, nodes }: ReadDispatch,
  rooms: RecoveryRooms,
): boolean {
  const node = nodes.get(executionId);
  if (envelope === null || node === undefined || guard === null || startedAtMs === null || result === null)
    return false;
  if (!isUndecided(result)) return false;
  const acked = { stdout: result.stdoutKeptBytes, stderr: result.stderrKeptBytes };
  rooms.askAgain(envelope, node, { attempt, startedAtMs, guard, acked, told: { result, asks: 0 } }, isOutcomeAcked);
  return true;
}

/** The cloud asked, and still waits for the answer. */
async function recoverInquiry(
  execution: JournaledExecution,
  inquiry: InquiryEnvelope | null,
  rooms: RecoveryRooms,
): Promise<'askedFor' | 'unknown'> {
  const { executionId } = execution;
  const node = inquiry?.nodes.find((each) => each.executionId === executionId);
  if (inquiry !== null && node !== undefined) {
    rooms.findOutForAnother(inquiry, node, execution);
    return 'askedFor';
  }
  const outcome = { kind: 'unknown', reason: 'satellite_lost', detail: unpinnedInquiry } as const;
  const result = makeReportable(buildResultAfterRestart(executionId, outcome, { ...execution, attempt: 1 }), rooms);
  await rooms.journal.perform({ op: 'finish', result, attempt: 0, tail: null });
  rooms.outbox.result(result);
  return 'unknown';
}

async function recoverOne(
  execution: OwnExecution,
  { envelope, nodes, judge }: ReadDispatch,
  rooms: RecoveryRooms,
): Promise<'resumed' | 'askedFor' | 'unknown' | 'ended'> {
  const { executionId, mode, attempt, guard, startedAtMs } = execution;
  const wasSent = execution.state !== 'journaled';
  const node = nodes.get(executionId);
  if (envelope === null || node === undefined) return await end(notStarted('envelope_refused', unpinned));
  if (wasSent && guard !== null && startedAtMs !== null) {
    const acked = { stdout: execution.stdoutAcked, stderr: execution.stderrAcked };
    rooms.findOut(envelope, node, { attempt, startedAtMs, guard, acked, told: null });
    return 'askedFor';
  }
  if (isExpired(envelope, Date.now())) return await end(notStarted('expired', late));
  if (execution.barred !== null) return await end(notStarted('policy_refused', execution.barred));
  const judgement = await judge(envelope);
  if (judgement.kind === 'refused') return await end(notStarted(judgement.reason, judgement.detail));
  if (wasSent && (mode !== 'direct' || judgement.mode !== 'direct' || attempt >= attemptsMax)) {
    return await end(notStarted('expired', late));
  }
  rooms.resume(envelope, node, { ...execution, mode: judgement.mode }, wasSent);
  return 'resumed';

  /** `unsent`: what is true of one that never left. */
  async function end(unsent: ReturnType<typeof notStarted>): Promise<'unknown' | 'ended'> {
    const told = wasSent
      ? {
          ...buildResultAfterRestart(
            executionId,
            { kind: 'unknown', reason: 'satellite_restarted', detail: restarted },
            execution,
          ),
          mode,
        }
      : buildResult(executionId, unsent, null);
    const result = makeReportable(told, rooms);
    await rooms.journal.perform({ op: 'finish', result, attempt, tail: null });
    rooms.outbox.result(result);
    return wasSent ? 'unknown' : 'ended';
  }
}

const restarted =
  'The satellite stopped while the command was under way, and the node can’t be asked. Look on the node.';
const unpinned = 'The key that signed this dispatch is no longer pinned on the satellite.';
const unpinnedInquiry =
  'Its satellite is gone, and the key that signed the question about it is no longer pinned on the one that was asked. Look on the node.';
const late = 'The dispatch expired before the satellite was back.';

/** Its time was right when it came; everything else has to be right still. */
async function readEnvelope(jws: string, receivedAtMs: number, rooms: RecoveryRooms): Promise<DispatchEnvelope | null> {
  const { keys, organizationId, satelliteId } = rooms;
  const now = new Date(receivedAtMs);
  const verified = await verifyEnvelope(jws, { keys, organizationId, satelliteId, now, clockSkewMsMax });
  return verified.kind === 'verified' ? verified.envelope : verified.untimely;
}

async function readInquiry(jws: string, receivedAtMs: number, rooms: RecoveryRooms): Promise<InquiryEnvelope | null> {
  const { keys, organizationId, satelliteId } = rooms;
  const now = new Date(receivedAtMs);
  const verified = await verifyInquiry(jws, { keys, organizationId, satelliteId, now, clockSkewMsMax });
  return verified.kind === 'verified' ? verified.envelope : verified.untimely;
}
