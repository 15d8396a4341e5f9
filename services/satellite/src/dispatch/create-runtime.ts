// The satellite's work, whatever connection there is: takes what the relay sends, runs it, keeps what goes back until it
// is acknowledged. Owns queue, outbox and pool; lives as long as the process.
import { setMaxListeners } from 'node:events';
import type { DispatchEnvelope } from '@sena/contracts/envelope';
import type { RelayFrame, SatelliteFrame } from '@sena/contracts/frames';
import type { ShellParser } from '@sena/policy/load-bash-parser';
import { createRedactionRules } from '@sena/redaction/redact-stream';
import type { Logger } from '@sena/telemetry/logger';
import type { FrameBatcher } from '@sena/tunnel/frame-batcher';
import type { LocalRules } from '../config/open-local-rules.ts';
import type { SatelliteConfig } from '../config/satellite-config.ts';
import { createGuardCleaner } from '../guard/clean-guards.ts';
import { type Journal, JournalError } from '../journal/open-journal.ts';
import { createOutbox } from '../output/create-outbox.ts';
import type { SshPool } from '../ssh/ssh-pool.ts';
import type { DispatchKeys } from '../trust/open-dispatch-keys.ts';
import type { OwnIdentity } from '../trust/open-identity.ts';
import type { Welcome } from '../tunnel/connect-once.ts';
import type { Witness } from '../witness/open-witness.ts';
import { answerReconcile } from './answer-reconcile.ts';
import { createAskAgain } from './ask-again.ts';
import { cancelExecutions, endExpired } from './cancel-executions.ts';
import { createRulesOfNow } from './create-rules-of-now.ts';
import { createExecution } from './create-work.ts';
import { createEarlyCancels } from './early-cancels.ts';
import { type Execution, mayBegin, type Work } from './execution.ts';
import { createExecutionQueue } from './execution-queue.ts';
import type { ExecutionRooms } from './execution-rooms.ts';
import { type Judgement, judgeCommand } from './judge-command.ts';
import { judgeConsent } from './judge-consent.ts';
import type { DispatchRules } from './receive-dispatch.ts';
import { recoverExecutions } from './recover-executions.ts';
import { createRelayClock } from './relay-clock.ts';
import { runExecution } from './run-execution.ts';
import { runInquiry } from './run-inquiry.ts';
import { createSiteShare } from './site-share.ts';
import { takeDispatch } from './take-dispatch.ts';
import { findOutForAnother, takeInquiry } from './take-inquiry.ts';
import { createWaitingRoom } from './waiting-room.ts';
import { watchHaltSwitch } from './watch-halt-switch.ts';

const sweepMs = 1_000;
const pruneMs = 3_600_000;
/** What is done and acknowledged is still known for a day after it expired, for reconciliation. */
const keptAfterExpiryMs = 86_400_000;

export type Runtime = {
  /** Before the first connection. */
  recover(): Promise<void>;
  /** `askedAtMs`: by `performance.now()`, when the hello was sent. */
  linkUp(welcome: Welcome, link: FrameBatcher<SatelliteFrame>, askedAtMs: number): void;
  linkDown(): void;
  receive(frames: RelayFrame[]): Promise<void>;
  /** Null: the clocks of satellite and relay agree. */
  clockProblem(): string | null;
  counts(): {
    waiting: number;
    starting: number;
    running: number;
    /** Of its site's limit, so many may run here; null: the site has none; `not_told`: nobody has said yet. */
    siteShare: number | null | 'not_told';
    heldBytes: number;
    connections: number;
  };
  /** Nothing new begins; resolves when nothing runs or the time is up. */
  stop(graceMs: number): Promise<void>;
  /** It was stopped, and nothing was left running. */
  isDrained(): boolean;
};

export type RuntimeOptions = {
  config: SatelliteConfig;
  organizationId: string;
  satelliteId: string;
  dispatchKeys: DispatchKeys;
  identity: OwnIdentity;
  parser: ShellParser;
  localRules: LocalRules;
  journal: Journal;
  pool: SshPool;
  witness: Witness;
  logger: Logger;
  /** The journal failed: the process has to end, and says why. */
  fatal(error: unknown): void;
};

export function createRuntime(options: RuntimeOptions): Runtime {
  const { config, organizationId, satelliteId, dispatchKeys, parser, localRules, journal, pool, witness, logger } =
    options;
  const { identity, fatal } = options;
  /** Everything that is not finished, by execution id. */
  const executions = new Map<string, Work>();
  const outbox = createOutbox({
    bytesPerExecutionMax: config.limits.spoolBytesPerExecution,
    bytesTotalMax: config.limits.spoolBytesTotal,
  });
  const queue = createExecutionQueue({
    limits: config.limits,
    mayStart: () => whyShut() === null,
    isUnderWay: (work) => !mayBegin(work),
    run: (work, slot) =>
      (work.kind === 'inquired' ? runInquiry(work, slot, rooms) : runExecution(work, slot, rooms))
        .catch(fatal)
        .finally(() => {
          forgetFinished(work);
          // Behind the queue, which has not heard of it yet.
          setImmediate(siteShare.look);
        }),
  });
  const siteShare = createSiteShare(() => queue.counts().starting + queue.counts().running, queue.pump);
  const isHalted = watchHaltSwitch(config.haltFile);
  const rulesOfNow = createRulesOfNow(parser, config.policy, localRules);
  const retrying = new Set<Work>();
  const waitingRoom = createWaitingRoom((work) => queue.add(work));
  const clock = createRelayClock(logger);
  const leaving = new AbortController();
  // Each guarded command listens for it.
  setMaxListeners(0, leaving.signal);
  const cleaner = createGuardCleaner(pool, logger);
  const askAgain = createAskAgain((execution) => queue.add(execution), logger);
  const rooms: ExecutionRooms = {
    journal,
    outbox,
    pool,
    cleaner,
    askAgain,
    redaction: createRedactionRules(config.redaction.canaries),
    findOutMs: config.limits.findOutMs,
    leaving: leaving.signal,
    isHalted,
    clockProblem: clock.problem,
    objection: rulesOfNow.objection,
    wait(work, delayMs) {
      // Assigned anew while its node was tried: this one is over.
      if (executions.get(work.id) !== work) return;
      retrying.add(work);
      waitingRoom.enter(work, delayMs);
    },
    retry(execution) {
      retrying.add(execution);
      queue.add(execution);
    },
  };
  const earlyCancels = createEarlyCancels(logger);
  const own = { keys: dispatchKeys.believed, organizationId, satelliteId };
  const arrivalRooms = {
    ...{ executions, queue, waitingRoom, earlyCancels, rooms, rulesOfNow, logger },
    answer: (frame: SatelliteFrame) => link?.push(frame),
  };
  const cancelRooms = { executions, queue, waitingRoom, earlyCancels, rooms, whyShut, forgetFinished };
  let link: FrameBatcher<SatelliteFrame> | null = null;
  let isStopping = false;
  let isDrained = false;
  /** False after a restart that left work behind: what waits may have been cancelled, so nothing begins before the relay has asked. */
  let isOpen = true;
  const sweepTimer = setInterval(sweep, sweepMs);
  const pruneTimer = setInterval(prune, pruneMs);

  function whyShut(): string | null {
    if (!isOpen) return 'the satellite, which was restarted, had no connection to its relay';
    if (outbox.isFull()) return 'the output that no relay has taken yet left no room for more';
    return siteShare.whyShut();
  }

  function forgetFinished(work: Work): void {
    if (retrying.delete(work)) return;
    if (executions.get(work.id) === work) executions.delete(work.id);
  }

  /** As they are at this moment. */
  function rulesForDispatches(): DispatchRules {
    const { policy } = config;
    return {
      ...{ ...own, policy, localRules: localRules.current(), parser, journal, isHalted },
      clockProblem: clock.problem,
    };
  }

  async function receiveOne(frame: Exclude<RelayFrame, { t: 'dispatch' }>): Promise<void> {
    switch (frame.t) {
      case 'inquiry':
        // Not answered where it stops: it is asked again, or another satellite is, when this one is gone.
        if (isStopping) return;
        return await takeInquiry(frame, { ...own, journal, clockProblem: clock.problem }, arrivalRooms);
      case 'output-ack':
        return takeOutputAck(frame);
      case 'outcome-ack':
        if (outbox.acknowledgeOutcome(frame.executionId, frame.revision)) {
          journal
            .perform({ op: 'outcome-acked', executionId: frame.executionId, revision: frame.revision })
            .catch(fatal);
          cleaner.acknowledged(frame.executionId);
          askAgain.acknowledged(frame.executionId);
          queue.pump();
        }
        return;
      case 'reconcile':
        return await answerReconcile(frame.executionIds, (answer) => link?.push(answer), { journal, outbox, logger });
      case 'cancel':
        return await cancelExecutions(frame.executionIds, frame.stop, cancelRooms);
      case 'refused':
        logger.error({ code: frame.code, reason: frame.message }, 'the relay refused what this satellite sent');
        return;
      case 'clock':
        return clock.measureAgain(frame.relayTimeMs);
      case 'checkpoint':
        return await takeCheckpoint(frame);
      case 'dispatch-keys': {
        const answer = await dispatchKeys.receive(frame);
        if (answer !== null) link?.push(answer);
        return;
      }
      case 'identity-changed':
        return identity.receive(frame);
      case 'site-share':
        return siteShare.take(frame);
      case 'challenge':
      case 'welcome':
        logger.warn({ frame: frame.t }, 'the relay repeats its handshake, it is ignored');
        return;
      default:
        frame satisfies never;
    }
  }

  /** Of what was journaled and never sent: the policy may be another one since. */
  async function judgeAgain(envelope: DispatchEnvelope): Promise<Judgement> {
    const judgement = judgeCommand(parser, envelope, config.policy, localRules.current());
    if (judgement.kind === 'refused') return judgement;
    const consent = await judgeConsent(judgement, envelope, config.policy.passkeys, Date.now());
    return consent.kind === 'refused' ? consent : judgement;
  }

  async function takeCheckpoint(frame: Extract<RelayFrame, { t: 'checkpoint' }>): Promise<void> {
    const answer = await witness.receive(frame);
    if (answer !== null) link?.push(answer);
  }

  function takeOutputAck({ executionId, attempt, stream, offset }: Extract<RelayFrame, { t: 'output-ack' }>): void {
    if (!outbox.acknowledgeOutput(executionId, attempt, stream, offset)) return;
    queue.pump();
    // While it runs: should this process end, the relay's part is what is certain.
    if (executions.has(executionId)) journal.perform({ op: 'output-acked', executionId, stream, offset }).catch(fatal);
  }

  function sweep(): void {
    queue.pump();
    endExpired(cancelRooms).catch(fatal);
  }

  function prune(): void {
    journal.perform({ op: 'prune', beforeMs: Date.now() - keptAfterExpiryMs }).then((forgotten) => {
      if (forgotten > 0) logger.info({ forgotten }, 'old dispatches were removed from the journal');
    }, fatal);
  }

  async function receiveInOrder(frames: RelayFrame[]): Promise<void> {
    let dispatches: Array<Promise<void>> = [];
    for (const frame of frames) {
      // Those that come together are journaled together.
      if (frame.t === 'dispatch') {
        // Not answered where it stops: it is told again, or to another satellite, when this one is gone.
        if (!isStopping) dispatches.push(takeDispatch(frame, rulesForDispatches(), arrivalRooms));
        continue;
      }
      await Promise.all(dispatches);
      dispatches = [];
      await receiveOne(frame);
    }
    await Promise.all(dispatches);
  }

  function open(): void {
    isOpen = true;
    queue.pump();
  }

  return {
    async recover() {
      prune();
      isOpen = false;
      const resumed: Execution[] = [];
      const recovery = await recoverExecutions({
        // What was journaled was believed then; what has begun is found out, whatever has become of its key.
        ...{ journal, outbox, logger, keys: dispatchKeys.known, organizationId, satelliteId },
        judge: judgeAgain,
        resume(envelope, node, { mode, attempt }, wasSent) {
          const execution = createExecution(envelope, node, mode, logger);
          execution.attempts = attempt;
          execution.wasSent = wasSent;
          executions.set(execution.id, execution);
          resumed.push(execution);
        },
        findOut(envelope, node, begun) {
          const execution = createExecution(envelope, node, 'guarded', logger, begun);
          executions.set(execution.id, execution);
          queue.add(execution);
        },
        askAgain(envelope, node, begun, isAcked) {
          const execution = createExecution(envelope, node, 'guarded', logger, begun);
          // It was told, so it is not one of those that are not finished.
          if (isAcked) queue.add(execution);
          else askAgain.enter(execution, false);
        },
        findOutForAnother: (inquiry, node, acked) => findOutForAnother(inquiry, node, arrivalRooms, acked),
      });
      // Behind what is under way: that waits neither for them nor for the relay.
      for (const execution of resumed) queue.add(execution);
      if (recovery.resumed === 0) open();
      if (Object.values(recovery).some((count) => count > 0))
        logger.info(recovery, 'the journal of an earlier process was read');
    },
    linkUp(welcome, next, askedAtMs) {
      link = next;
      clock.take(welcome.relayTimeMs, askedAtMs);
      siteShare.linkUp(welcome.protocol, next);
      outbox.linkUp(next);
    },
    linkDown() {
      link = null;
      siteShare.linkDown();
      outbox.linkDown();
    },
    async receive(frames) {
      try {
        await receiveInOrder(frames);
        // Cancels come before the question, so they are heard by now. A connection that ends before it was asked opens nothing.
        if (!isOpen && frames.some((frame) => frame.t === 'reconcile')) open();
      } catch (error) {
        // Without a journal nothing can be promised; the next process may have one.
        if (error instanceof JournalError) fatal(error);
        throw error;
      }
    },
    clockProblem: clock.problem,
    isDrained: () => isDrained,
    counts: () => ({
      ...queue.counts(),
      siteShare: siteShare.shown(),
      heldBytes: outbox.heldBytes(),
      connections: pool.openConnections(),
    }),
    async stop(graceMs) {
      isStopping = true;
      clearInterval(sweepTimer);
      clearInterval(pruneTimer);
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<'late'>((resolve) => {
        timer = setTimeout(resolve, graceMs, 'late');
      });
      const how = await Promise.race([queue.drain(), late]);
      clearTimeout(timer);
      // What an earlier process began, and nobody has found out yet, may run as well.
      const mayRun = [...executions.values()].some((work) => work.kind === 'dispatched' && !mayBegin(work));
      isDrained ||= how !== 'late' && !mayRun && !leaving.signal.aborted;
      waitingRoom.close();
      askAgain.close();
      leaving.abort();
      cleaner.close();
      pool.close();
    },
  };
}
