// Everything that goes up to the relay about executions: started, output, result. Holds it until the relay has
// acknowledged, sends it again on the next connection, and says when a command has to wait. In memory only: who enters it
// keeps the journal; never touches SSH.
import type { OutputStream } from '@sena/contracts/domain/outcome';
import { type ExecutionResult, outputPieceBytesMax, type SatelliteFrame } from '@sena/contracts/frames';
import type { OutputTail } from '../journal/journal-operations.ts';
import { createDelayLine, createGathering } from './gather-entries.ts';
import { createStreamSpool, type StreamSpool } from './stream-spool.ts';

/** The sending half of one connection (`@sena/tunnel/frame-batcher`). */
export type OutboxLink = { push(frame: SatelliteFrame): void; room(): Promise<void> };

export type OutboxSettings = {
  bytesPerExecutionMax: number;
  bytesTotalMax: number;
  /** Output waits this long for more, so that a chatty command does not become a frame a line. */
  gatherMs?: number;
  /** That a reading began, and its first output, wait for its end so long at least, twice as long at most: most have it before, and are told in one. */
  briefMs?: number;
  /** While earlier ends are not acknowledged, further ones gather, so that the relay stores many at once. */
  endsMs?: number;
};

export type OutputSink = {
  /**
   * The node has confirmed the command. `bootId`: under which its guard was started; null where it has none. `mayWait`: nothing is lost
   * with this satellite if nobody hears of it yet.
   */
  started(beginning: { at: string; bootId: string | null; mayWait: boolean }): void;
  append(stream: OutputStream, chunk: Uint8Array): void;
  /** True: stop reading from the command until `room` resolves. */
  isFull(): boolean;
  room(): Promise<void>;
  /** What the relay does not have yet; null when it has everything. */
  tail(): OutputTail | null;
};

export type Outbox = {
  /** A new attempt: what is left of an earlier one is dropped. `from`: bytes that the relay has already. */
  open(executionId: string, attempt: number, from?: { stdout: number; stderr: number }): OutputSink;
  /** The result is in the journal: it goes out behind its output. Without `open` there is no output. */
  result(result: ExecutionResult, tail?: OutputTail | null): void;
  /** True when something was freed. */
  acknowledgeOutput(executionId: string, attempt: number, stream: OutputStream, offset: number): boolean;
  /** True when this was the result that was waiting. */
  acknowledgeOutcome(executionId: string, revision: number): boolean;
  /** What was opened and has no result is nobody's. */
  forget(executionId: string): void;
  linkUp(link: OutboxLink): void;
  linkDown(): void;
  /** True while something of this execution waits here. */
  holds(executionId: string): boolean;
  heldBytes(): number;
  /** True: no new command should start. */
  isFull(): boolean;
};

type Entry = {
  executionId: string;
  attempt: number;
  startedAt: string | null;
  bootId: string | null;
  mayWait: boolean;
  isStartedSent: boolean;
  stdout: StreamSpool;
  stderr: StreamSpool;
  result: ExecutionResult | null;
  isResultSent: boolean;
};

const gatherBytes = 64 * 1024;

export function createOutbox(settings: OutboxSettings): Outbox {
  const { bytesPerExecutionMax, bytesTotalMax, gatherMs = 20, briefMs = 500, endsMs = 200 } = settings;
  const entries = new Map<string, Entry>();
  /** Entries with something to send, in the order in which they got it. */
  const ready = new Set<Entry>();
  const gathering = createGathering<Entry>(gatherMs, release);
  const brief = createDelayLine<Entry>(briefMs, (waited) =>
    // What has ended meanwhile leaves with other ends.
    release(waited.filter(({ result }) => result === null)),
  );
  const ends = createGathering<Entry>(endsMs, release);
  /** Ends that were sent over this connection and are not acknowledged. */
  const unacknowledged = new Set<Entry>();
  /** Entries without an end: what still runs. */
  let running = 0;
  let totalBytes = 0;
  let link: OutboxLink | null = null;
  let isPumping = false;
  let waiters: Array<{ entry: Entry; resume: () => void }> = [];

  const heldBy = (entry: Entry) => entry.stdout.heldBytes() + entry.stderr.heldBytes();
  const isEntryFull = (entry: Entry) => heldBy(entry) >= bytesPerExecutionMax || totalBytes >= bytesTotalMax;

  function open(executionId: string, attempt: number, from = { stdout: 0, stderr: 0 }): OutputSink {
    drop(executionId);
    const entry = createEntry(executionId, attempt);
    entry.stdout = createStreamSpool(from.stdout);
    entry.stderr = createStreamSpool(from.stderr);
    entries.set(executionId, entry);
    running += 1;
    return {
      started({ at, bootId, mayWait }) {
        entry.startedAt = at;
        entry.bootId = bootId;
        entry.mayWait = mayWait;
        gather(entry);
      },
      append(stream, chunk) {
        // A later attempt has taken over: these bytes are nobody's.
        if (entries.get(executionId) !== entry) return;
        entry[stream].append(chunk);
        totalBytes += chunk.length;
        if (entry[stream].unsentBytes() >= gatherBytes) send(entry);
        else gather(entry);
      },
      isFull: () => isEntryFull(entry),
      room() {
        if (entries.get(executionId) !== entry || !isEntryFull(entry)) return Promise.resolve();
        return new Promise((resume) => waiters.push({ entry, resume }));
      },
      tail() {
        if (heldBy(entry) === 0) return null;
        return {
          stdoutOffset: entry.stdout.ackedOffset(),
          stdout: entry.stdout.contents(),
          stderrOffset: entry.stderr.ackedOffset(),
          stderr: entry.stderr.contents(),
        };
      },
    };
  }

  function result(value: ExecutionResult, tail: OutputTail | null = null): void {
    let entry = entries.get(value.executionId);
    if (entry === undefined || entry.attempt !== value.attempt) {
      drop(value.executionId);
      entry = createEntry(value.executionId, value.attempt);
      if (tail !== null) {
        entry.stdout = createStreamSpool(tail.stdoutOffset);
        entry.stderr = createStreamSpool(tail.stderrOffset);
        entry.stdout.append(tail.stdout);
        entry.stderr.append(tail.stderr);
        totalBytes += heldBy(entry);
      }
      entries.set(value.executionId, entry);
    } else if (entry.result === null) running -= 1;
    entry.result = value;
    entry.isResultSent = false;
    unacknowledged.delete(entry);
    ends.add(entry);
    // The last ones wait for nobody.
    if (unacknowledged.size === 0 || running === 0) release(ends.take());
  }

  /** Later, with what else comes meanwhile. */
  function gather(entry: Entry): void {
    if (ready.has(entry)) return;
    if (entry.mayWait && !entry.isStartedSent) brief.add(entry);
    else gathering.add(entry);
  }

  function send(entry: Entry): void {
    release([entry]);
  }

  function release(waiting: Iterable<Entry>): void {
    for (const entry of waiting) ready.add(entry);
    pump();
  }

  function pump(): void {
    if (isPumping || link === null || ready.size === 0) return;
    isPumping = true;
    const current = link;
    sendReady(current).finally(() => {
      isPumping = false;
      // A connection that ended meanwhile has left its work to the next one.
      if (link !== current) pump();
    });
  }

  async function sendReady(current: OutboxLink): Promise<void> {
    while (link === current) {
      const [entry] = ready;
      if (entry === undefined) return;
      if (sendPiece(entry, current)) ready.delete(entry);
      await current.room();
    }
  }

  /** One piece of each stream; true when nothing is left to send. Taking turns, a large output does not block others. */
  function sendPiece(entry: Entry, current: OutboxLink): boolean {
    const { executionId, attempt, startedAt, bootId } = entry;
    // A result says itself when its attempt began. Of a guarded command the boot has to be known before all of its output is: should this
    // satellite be gone by then, another finds out by it how the command ended.
    if (startedAt !== null && !entry.isStartedSent && (entry.result === null || bootId !== null)) {
      current.push({ t: 'started', executionId, attempt, at: startedAt, bootId });
      entry.isStartedSent = true;
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const piece = entry[stream].next(outputPieceBytesMax);
      if (piece !== null) current.push({ t: 'output', executionId, attempt, stream, ...piece });
    }
    if (entry.stdout.unsentBytes() + entry.stderr.unsentBytes() > 0) {
      ready.delete(entry);
      ready.add(entry);
      return false;
    }
    if (entry.result !== null && !entry.isResultSent) {
      current.push({ t: 'result', result: entry.result });
      entry.isResultSent = true;
      unacknowledged.add(entry);
    }
    return true;
  }

  function acknowledgeOutput(executionId: string, attempt: number, stream: OutputStream, offset: number): boolean {
    const entry = entries.get(executionId);
    if (entry === undefined || entry.attempt !== attempt) return false;
    const freed = entry[stream].acknowledge(offset);
    totalBytes -= freed;
    if (freed > 0) wake();
    return freed > 0;
  }

  function acknowledgeOutcome(executionId: string, revision: number): boolean {
    const entry = entries.get(executionId);
    if (entry?.result?.revision !== revision) return false;
    drop(executionId);
    if (unacknowledged.size === 0) release(ends.take());
    return true;
  }

  function drop(executionId: string): void {
    const entry = entries.get(executionId);
    if (entry === undefined) return;
    totalBytes -= heldBy(entry);
    entries.delete(executionId);
    if (entry.result === null) running -= 1;
    unacknowledged.delete(entry);
    ready.delete(entry);
    for (const set of [gathering, brief, ends]) set.delete(entry);
    wake();
  }

  function wake(): void {
    if (waiters.length === 0) return;
    const mustWait = (entry: Entry) => entries.get(entry.executionId) === entry && isEntryFull(entry);
    const woken = waiters.filter(({ entry }) => !mustWait(entry));
    if (woken.length === 0) return;
    waiters = waiters.filter(({ entry }) => mustWait(entry));
    for (const { resume } of woken) resume();
  }

  return {
    open,
    result,
    acknowledgeOutput,
    acknowledgeOutcome,
    forget(executionId) {
      if (entries.get(executionId)?.result === null) drop(executionId);
    },
    linkUp(next) {
      link = next;
      unacknowledged.clear();
      for (const entry of entries.values()) {
        entry.stdout.rewind();
        entry.stderr.rewind();
        entry.isStartedSent = false;
        entry.isResultSent = false;
        ready.add(entry);
      }
      pump();
    },
    linkDown() {
      link = null;
    },
    holds: (executionId) => entries.has(executionId),
    heldBytes: () => totalBytes,
    isFull: () => totalBytes >= bytesTotalMax,
  };
}

function createEntry(executionId: string, attempt: number): Entry {
  return {
    executionId,
    attempt,
    startedAt: null,
    bootId: null,
    mayWait: false,
    isStartedSent: false,
    stdout: createStreamSpool(),
    stderr: createStreamSpool(),
    result: null,
    isResultSent: false,
  };
}
