// Entered by follow-measured: one guarded command from its start, or from where it was lost, to what is certain of its end. A broken
// connection means finding out over the next one, never starting again. Sends to one node only; journals nothing.
import { setTimeout as after } from 'node:timers/promises';
import type { ExitedReason, UnknownReason } from '@sena/contracts/domain/outcome';
import type { Shell } from '@sena/contracts/domain/policy';
import type { CommandSink } from '../ssh/execute-command.ts';
import type { ConnectionRefusal, SshConnection } from '../ssh/open-ssh-connection.ts';
import { newMark, type RunningScript, runScript } from '../ssh/run-script.ts';
import type { SshLease } from '../ssh/ssh-pool.ts';
import { createPlacer, type NotBegun, type PlaceableCommand } from './create-placer.ts';
import { createStopper, type StoppableCommand } from './create-stopper.ts';
import {
  forgotten,
  guardLost,
  type Heard,
  hear,
  leftBehind,
  neverArrived,
  noRoom,
  noTrace,
  notDying,
  notHeard,
  notReached,
  notStopped,
  readCode,
  rebooted,
  unwritten,
  type Written,
} from './guard-answers.ts';
import { attachText, runText } from './guard-texts.ts';
import { mergeStreams } from './merge-streams.ts';

export type GuardedEnd =
  /** `stopped`: why it was told to end, if it was. */
  | {
      kind: 'ended';
      exitCode: number | null;
      signal: string | null;
      stopped: ExitedReason | null;
      written: Written | null;
    }
  | NotBegun
  | { kind: 'unknown'; reason: UnknownReason; detail: string }
  /** Nothing is said of it: this process ends, the next one finds out. */
  | { kind: 'left' };

export type GuardedCommand = StoppableCommand &
  PlaceableCommand & {
    /** null: it was sent before, by this process or another; it is found out, never started. */
    start: {
      shell: Shell;
      text: string;
      environment: Readonly<Record<string, string>>;
      /** Of each stream; the node keeps little more of it. */
      outputBytesMax: number;
    } | null;
    /** An unreachable node is asked again until then. */
    findOutUntilMs: number;
    sink: CommandSink;
    /** Another connection to the node, when this one is gone. */
    acquire(): Promise<SshLease | ConnectionRefusal>;
    /** This process ends. */
    leaving: AbortSignal;
    /** The node has confirmed the start. Once. */
    onRunning(): void;
  };

/** What runs longer than this is streamed over a channel of its own. */
const streamAfterMs = 500;
const firstDelayMs = 250;
const delayMsMax = 30_000;
/** A channel that lived this long was a good one: the next loss begins with the first delay again. */
const stableMs = 2_000;
/** A start whose request never left is sent over another connection this often. */
const startsMax = 2;

/** An end that its node has told of and does not show is looked for this often again. */
const endsMissedMax = 2;
const missedDelayMs = 1_000;

/** `first`: a connection to its node, which stays the caller's; a refusal only where nothing is to be started. */
export async function followGuardedCommand(
  command: GuardedCommand,
  first: SshLease | ConnectionRefusal,
): Promise<GuardedEnd> {
  const { key, sink, logger } = command;
  const merge = mergeStreams((stream, chunk) => sink.write(stream, chunk));
  const stopper = createStopper(command);
  const placer = createPlacer(command);
  const left = whenAborted(command.leaving);
  let lease: SshLease | ConnectionRefusal = first;
  let mustStart = command.start !== null;
  /** The request of the start has not left. */
  let isUnsent = mustStart;
  let failures = 0;
  /** Times that it was stopped, by the node's word, and then had no end. */
  let endsMissed = 0;
  let isRunning = false;
  try {
    if (!mustStart) running();
    for (;;) {
      const heard = await Promise.race([ask(), left]);
      if (heard.word === 'left') return { kind: 'left' };
      const end = await conclude(heard);
      if (end !== null) return end;
      if (heard.word !== 'unheard' && heard.word !== 'no_lock') continue;
      const next = await reconnect(heard.detail);
      if (next.kind !== 'lease') return next;
      if (lease.kind === 'lease' && lease !== first) lease.release();
      lease = next;
    }
  } finally {
    stopper.close();
    if (lease.kind === 'lease' && lease !== first) lease.release();
  }

  function running(): void {
    if (!isRunning) command.onRunning();
    isRunning = true;
  }

  async function ask(): Promise<Heard> {
    if (lease.kind === 'refused') return notHeard(lease.detail);
    const beganAtMs = performance.now();
    const heard = mustStart ? await start(lease.connection) : await attach(lease.connection);
    if (performance.now() - beganAtMs > stableMs) failures = 0;
    return heard;
  }

  /** Over one channel when it is quick, over a second one that streams when it is not. */
  async function start(connection: SshConnection): Promise<Heard> {
    const { start: what } = command;
    if (what === null || key.bootId === null) throw new Error('a command that was sent before is never started');
    const mark = newMark();
    const run = runScript(
      connection,
      runText({ ...key, bootId: key.bootId }, mark, what),
      mark,
      sourceFrom(noBytes),
      null,
    );
    const stopping = stopper.watch(connection);
    try {
      const isConfirmed = await Promise.race([run.confirmed.then(() => true), run.ended.then(() => false)]);
      // Not sent at all: as good as new, over a connection that works. From here on it is only found out.
      const unsent = isConfirmed ? null : hear(await run.ended);
      mustStart = unsent?.cause === 'not_sent';
      isUnsent = mustStart || unsent?.cause === 'refused';
      if (unsent !== null) return unsent;
      running();
      const quick = await Promise.race([run.ended, after(streamAfterMs, null)]);
      // What has begun to arrive is its whole output: it is ending.
      if (quick !== null || hasReceived()) return hear(quick ?? (await run.ended));
      const streamed = openAttach(connection, 'follow');
      const heard = await Promise.race([
        bothUntilOneKnows(run, streamed),
        stopper.givenUp.then((): Heard => notStopped),
      ]);
      streamed.close();
      return heard;
    } finally {
      run.close();
      stopping.end();
    }
  }

  async function attach(connection: SshConnection): Promise<Heard> {
    const streamed = openAttach(connection, 'find');
    const stopping = stopper.watch(connection);
    try {
      return await Promise.race([streamed.ended.then(hear), stopper.givenUp.then((): Heard => notStopped)]);
    } finally {
      streamed.close();
      stopping.end();
    }
  }

  function openAttach(connection: SshConnection, how: 'follow' | 'find'): RunningScript {
    const from = merge.received();
    const mark = newMark();
    return runScript(connection, attachText(key, mark, from, how), mark, sourceFrom(from), null);
  }

  function sourceFrom(from: { stdout: number; stderr: number }): CommandSink {
    const { write } = merge.source(from);
    return { write, isFull: sink.isFull, room: sink.room };
  }

  function hasReceived(): boolean {
    const { stdout, stderr } = merge.received();
    return stdout + stderr > 0;
  }

  /** null: it goes on, over the next channel. */
  async function conclude(heard: Heard): Promise<GuardedEnd | null> {
    switch (heard.word) {
      case 'ended':
      case 'cleaned':
        // One that had ended when it was told to was not stopped; by whom it was before, the node knows.
        return {
          kind: 'ended',
          ...readCode(heard.code ?? ''),
          written: heard.written,
          stopped: heard.stopped ?? ((await stopper.answer()) === 'ended' ? stopper.cause() : null),
        };
      case 'tombstone':
        return { kind: 'not_begun', reason: 'never_arrived', detail: neverArrived };
      case 'tombstone_of_another_boot':
        // Under which boot it would have been started is not known, so what is missing proves nothing.
        if (key.bootId === null) return { kind: 'unknown', reason: 'satellite_lost', detail: noTrace };
        return { kind: 'unknown', reason: 'node_rebooted', detail: rebooted };
      case 'rebooted':
        return { kind: 'unknown', reason: 'node_rebooted', detail: rebooted };
      case 'no_room':
        return { kind: 'not_begun', reason: 'node_disk_full', detail: noRoom(key.directory) };
      case 'no_place':
        return await startAnew();
      case 'forgotten':
        return { kind: 'unknown', reason: 'guard_lost', detail: forgotten };
      case 'lost': {
        // While it is being killed its guard is gone before the end is written.
        const stopped = await stopper.answer();
        if (stopped === 'unwritten') return { kind: 'unknown', reason: 'guard_lost', detail: unwritten };
        if (stopped !== 'ended' && stopped !== 'had_ended')
          return { kind: 'unknown', reason: 'guard_lost', detail: guardLost };
        // Its end was there when it was stopped. A node that shows it no more is not asked for ever.
        endsMissed += 1;
        if (endsMissed > endsMissedMax) return { kind: 'unknown', reason: 'guard_lost', detail: unwritten };
        return (await Promise.race([after(missedDelayMs, null), left])) === null ? null : { kind: 'left' };
      }
      case 'not_dying':
        return { kind: 'unknown', reason: 'timeout_not_confirmed', detail: notDying };
      case 'unheard':
        return heard.cause === 'refused' && isUnsent
          ? { kind: 'not_begun', reason: 'channel_refused', detail: heard.detail }
          : null;
      case 'no_lock':
      case 'absent':
      case 'locked':
      case 'streamed':
      case 'left':
        return null;
    }
  }

  /** Nothing has begun. null: it begins anew, in the place that it had. */
  async function startAnew(): Promise<NotBegun | null> {
    if (lease.kind === 'refused') throw new Error('a guard had no place on a connection that was never there');
    const notBegun = await placer.placeAgain(lease.connection);
    if (notBegun !== null) return notBegun;
    mustStart = true;
    isUnsent = true;
    return null;
  }

  async function reconnect(problem: string): Promise<SshLease | GuardedEnd> {
    let detail = problem;
    for (;;) {
      const delayMs = Math.min(firstDelayMs * 2 ** failures, delayMsMax);
      failures += 1;
      if (mustStart && failures >= startsMax) return { kind: 'not_begun', reason: 'node_unreachable', detail };
      if (Date.now() + delayMs > command.findOutUntilMs) {
        return { kind: 'unknown', reason: 'node_not_reached', detail: notReached(detail) };
      }
      logger.warn({ detail, retryInMs: delayMs }, 'the connection to a node is gone, its guard is asked over another');
      if ((await Promise.race([after(delayMs, null), left])) !== null) return { kind: 'left' };
      const next = await command.acquire();
      if (next.kind === 'refused') {
        detail = next.detail;
        continue;
      }
      if (!mustStart) return next;
      const notBegun = await placer.check(next);
      if (notBegun === null) return next;
      next.release();
      return notBegun;
    }
  }
}

/** The first that knows the end; when neither does, what the one that streams says. */
async function bothUntilOneKnows(run: RunningScript, streamed: RunningScript): Promise<Heard> {
  const knowing = async (script: RunningScript): Promise<Heard> => {
    const heard = hear(await script.ended);
    if (['unheard', 'streamed', 'lost', 'absent'].includes(heard.word)) throw heard;
    return heard;
  };
  try {
    return await Promise.any([knowing(run), knowing(streamed)]);
  } catch {
    const [first, second] = [hear(await run.ended), hear(await streamed.ended)];
    return second.word === 'unheard' && second.cause === 'refused' && first.word !== 'streamed' ? first : second;
  }
}

const noBytes = { stdout: 0, stderr: 0 };
function whenAborted(signal: AbortSignal): Promise<Heard> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(leftBehind);
    else signal.addEventListener('abort', () => resolve(leftBehind), { once: true });
  });
}
