// Entered by run-execution: one command on one open connection, from the request to its end. Says exactly what is known
// of the end and never more: a connection that breaks after the request is `lost`, a kill counts only when it is proven.
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { ClientChannel } from 'ssh2';
import type { CommandText } from './command-text.ts';
import { explainExecFailure } from './explain-exec-failure.ts';
import { type KillReport, killProcessGroup } from './kill-process-group.ts';
import { learnLoginShell } from './learn-login-shell.ts';
import { deadAfterMs, type SshConnection } from './open-ssh-connection.ts';
import { createStartMarkFilter } from './start-mark-filter.ts';

export type CommandEnd =
  /** The node reported it. `brokeOff`: then the connection broke, before the end of its output was here. */
  | { kind: 'exited'; exitCode: number | null; signal: string | null; brokeOff: boolean }
  /** Out of time, killed, and seen to be gone. */
  | { kind: 'killed' }
  | { kind: 'kill_unproven'; detail: string }
  /** The request was sent; what became of it is not known. */
  | { kind: 'lost'; detail: string }
  /** The node reported an end, of something that did not announce itself as the command. */
  | { kind: 'unannounced'; detail: string }
  /** The connection broke before the request was sent. */
  | { kind: 'not_sent'; detail: string }
  /** The node refused the channel or the request. */
  | { kind: 'refused'; detail: string };

export type CommandSink = {
  write(stream: OutputStream, chunk: Buffer): void;
  /** True: the command is slowed down until `room` resolves. */
  isFull(): boolean;
  room(): Promise<void>;
};

export type CommandRequest = CommandText & {
  timeoutMs: number;
  sink: CommandSink;
  /** The node has confirmed the request. */
  onRunning(): void;
  /** Of the output there may be more than what was written: the node never said that this is all. Before the end is told. */
  onCut(): void;
};

/** The node has to confirm the request within this. */
const confirmTimeoutMs = 30_000;
/** After a kill, for what is still on its way. */
const drainMs = 2_000;
/**
 * The command has ended, and something holds its output open: no data for this long ends the wait. Longer than a dead connection lives, so
 * that a line which stands still for a while is not taken for the end.
 */
const leftoverIdleMs = deadAfterMs + 5_000;

/** `idleMsMax`: how long an output that stays open after the end may be silent. */
export function executeCommand(
  connection: SshConnection,
  request: CommandRequest,
  idleMsMax = leftoverIdleMs,
): Promise<CommandEnd> {
  return new Promise((resolve) => {
    let isOver = false;
    const timer = setTimeout(() => {
      isOver = true;
      resolve({ kind: 'lost', detail: `The node did not confirm the request within ${confirmTimeoutMs / 1_000} s.` });
    }, confirmTimeoutMs);
    const begin = (error: Error | undefined, channel: ClientChannel) => {
      clearTimeout(timer);
      if (isOver) {
        channel?.close();
      } else if (error !== undefined) {
        resolve(explainExecFailure(connection, error));
      } else {
        request.onRunning();
        follow(connection, channel, request, idleMsMax).then(resolve);
      }
    };
    try {
      connection.client.exec(request.text, begin);
    } catch (error) {
      clearTimeout(timer);
      resolve({ kind: 'not_sent', detail: (error as Error).message });
    }
  });
}

async function follow(
  connection: SshConnection,
  channel: ClientChannel,
  request: CommandRequest,
  idleMsMax: number,
): Promise<CommandEnd> {
  const { sink } = request;
  const filter = createStartMarkFilter(request.startMark);
  let exit: { exitCode: number | null; signal: string | null } | null = null;
  let lastDataAtMs = performance.now();
  let isPaused = false;
  /** The node said that this is all. A connection that breaks ends both streams as well. */
  let isWhole = false;

  const take = (stream: OutputStream, chunk: Buffer) => {
    lastDataAtMs = performance.now();
    if (chunk.length > 0) sink.write(stream, chunk);
    if (isPaused || !sink.isFull()) return;
    isPaused = true;
    channel.pause();
    channel.stderr.pause();
    sink.room().then(() => {
      isPaused = false;
      lastDataAtMs = performance.now();
      channel.resume();
      channel.stderr.resume();
    });
  };
  channel.on('data', (chunk: Buffer) => take('stdout', chunk));
  channel.stderr.on('data', (chunk: Buffer) => take('stderr', filter.push(chunk)));
  // What breaks a channel shows as its close; ssh2 has no more to say about it.
  channel.on('error', () => channel.close());
  const exited = new Promise<void>((resolve) => {
    channel.once('exit', (code: number | null, signal?: string) => {
      exit = { exitCode: code, signal: signal === undefined ? null : nameOf(signal) };
      resolve();
    });
  });
  const closed = Promise.all([
    new Promise<void>((resolve) => channel.once('close', resolve)),
    new Promise<void>((resolve) => channel.stderr.once('close', resolve)),
  ]).then(() => undefined);

  Promise.all([
    new Promise<void>((resolve) => channel.once('end', resolve)),
    new Promise<void>((resolve) => channel.stderr.once('end', resolve)),
  ]).then(() => {
    isWhole = !connection.isClosed();
  });

  const deadline = createDeadline(request.timeoutMs);
  const first = await Promise.race([
    closed.then(() => 'closed' as const),
    exited.then(() => 'exited' as const),
    deadline.passed.then(() => 'late' as const),
  ]);
  let end: CommandEnd | null = null;
  if (first === 'late' && exit === null) end = await stop();
  deadline.clear();
  // The command has ended, so its time limit counts no more. What may still write is cut off, and it is told that it was.
  if (end?.kind !== 'kill_unproven' && first !== 'closed') await waitForOutput(end === null ? idleMsMax : drainMs);
  const rest = filter.end();
  if (rest.length > 0) sink.write('stderr', rest);
  if (!isWhole) request.onCut();
  channel.close();
  learnLoginShell(connection, filter.said());
  if (end !== null) return end;
  if (exit === null) return lost();
  const reported = exit as { exitCode: number | null; signal: string | null };
  if (filter.processId() === null) return unannounced(reported);
  return { kind: 'exited', ...reported, brokeOff: !isWhole && connection.isClosed() };

  function lost(): CommandEnd {
    const why = connection.isClosed()
      ? `The connection to the node broke${connection.whyClosed()}`
      : 'The node closed the channel';
    return { kind: 'lost', detail: `${why} before it reported how the command ended.` };
  }

  /** A login shell that is none, or a forced command, ends as well: its code says nothing about the command. */
  function unannounced({ exitCode, signal }: { exitCode: number | null; signal: string | null }): CommandEnd {
    const how = exitCode === null ? `signal ${signal}` : `code ${exitCode}`;
    return {
      kind: 'unannounced',
      detail: `What the node ran ended with ${how} and did not announce itself as the command. Check the account there: its login shell, ForceCommand, a command= in authorized_keys.`,
    };
  }

  /** While the spool is full, silence means nothing and time is not counted. */
  async function waitForOutput(silenceMsMax: number): Promise<void> {
    for (;;) {
      const pause = createDeadline(250);
      const how = await Promise.race([closed.then(() => 'closed' as const), pause.passed]);
      pause.clear();
      if (how === 'closed') return;
      if (!isPaused && performance.now() - lastDataAtMs > silenceMsMax) return;
    }
  }

  /** Null: it ended by itself at the last moment, or the connection broke; `exit` says which. */
  async function stop(): Promise<CommandEnd | null> {
    const processId = filter.processId();
    const killed: KillReport =
      processId === null
        ? { kind: 'failed', why: 'it never said which process it is. Look on the node.' }
        : await killProcessGroup(connection, processId);
    if (killed.kind === 'failed') channel.signal('KILL');
    await Promise.race([closed, after(drainMs)]);
    const reported = exit as { exitCode: number | null; signal: string | null } | null;
    if (reported !== null && reported.signal !== 'KILL') return null;
    if (killed.kind === 'gone' || reported !== null) return { kind: 'killed' };
    if (connection.isClosed())
      return { kind: 'kill_unproven', detail: 'The connection broke while the command was being stopped.' };
    return { kind: 'kill_unproven', detail: whyUnproven(killed) };
  }
}

/** Without `SIG`. A node may send anything: what can't be a signal's name does not travel on. */
function nameOf(signal: string): string {
  const name = signal.replace(/^SIG/, '');
  return /^[A-Za-z0-9@.+-]{1,32}$/.test(name) ? name : 'UNKNOWN';
}

function whyUnproven(killed: Exclude<KillReport, { kind: 'gone' }>): string {
  switch (killed.kind) {
    case 'alive':
      return 'The command did not die when it was killed, or part of it belongs to another user. Look on the node.';
    case 'absent':
      return 'The command’s process group was not found on the node, though it never reported its end.';
    case 'failed':
      return `The command could not be killed: ${killed.why}`;
  }
}

function createDeadline(timeoutMs: number): { passed: Promise<void>; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const passed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  return { passed, clear: () => clearTimeout(timer) };
}

function after(ms: number): Promise<'later'> {
  return new Promise((resolve) => {
    setTimeout(() => resolve('later'), ms);
  });
}
