// Entered by the guard: one script of ours on one channel, from the request to its answer. What the channel carries
// besides the answer goes to the sink. A channel that ends without an answer proves nothing.
import { randomBytes } from 'node:crypto';
import type { OutputStream } from '@sena/contracts/domain/outcome';
import type { ClientChannel } from 'ssh2';
import { createAnswerFilter } from './answer-filter.ts';
import type { CommandSink } from './execute-command.ts';
import { explainExecFailure } from './explain-exec-failure.ts';
import type { SshConnection } from './open-ssh-connection.ts';

export type ScriptEnd =
  | { kind: 'answered'; words: string[] }
  /** The request was sent; its channel ended without an answer. */
  | { kind: 'lost'; detail: string }
  /** Nothing was heard in time: the node is slow, or the line is dead and nobody knows yet. */
  | { kind: 'silent'; detail: string }
  /** The connection broke before the request was sent. */
  | { kind: 'not_sent'; detail: string }
  /** The node refused the channel or the request. */
  | { kind: 'refused'; detail: string };

export type RunningScript = {
  ended: Promise<ScriptEnd>;
  /** The node has confirmed the request. */
  confirmed: Promise<void>;
  /** What the script does on the node is not touched by that. */
  close(): void;
};

/** The node has to confirm the request within this. */
const confirmTimeoutMs = 30_000;

/** Of one answer: random, so that nothing else says it. */
export function newMark(): string {
  return randomBytes(12).toString('hex');
}

/** `answerTimeoutMs`: null for one that follows a command. */
export function runScript(
  connection: SshConnection,
  text: string,
  mark: string,
  sink: CommandSink | null,
  answerTimeoutMs: number | null,
): RunningScript {
  const { promise: ended, resolve } = Promise.withResolvers<ScriptEnd>();
  const { promise: confirmed, resolve: confirm } = Promise.withResolvers<void>();
  let channel: ClientChannel | null = null;
  let isClosed = false;
  const giveUp = (detail: string) => {
    resolve({ kind: 'silent', detail });
    close();
  };
  let timer = setTimeout(
    () => giveUp(`The node did not confirm the request within ${confirmTimeoutMs / 1_000} s.`),
    confirmTimeoutMs,
  );
  if (answerTimeoutMs !== null) {
    clearTimeout(timer);
    timer = setTimeout(() => giveUp(`The node did not answer within ${answerTimeoutMs / 1_000} s.`), answerTimeoutMs);
  }

  function close(): void {
    isClosed = true;
    channel?.close();
  }

  try {
    connection.client.exec(text, (error, opened) => {
      if (answerTimeoutMs === null) clearTimeout(timer);
      if (error !== undefined) {
        clearTimeout(timer);
        resolve(explainExecFailure(connection, error));
        return;
      }
      channel = opened;
      if (isClosed) {
        opened.close();
        return;
      }
      confirm();
      readAnswer(connection, opened, mark, sink).then((end) => {
        clearTimeout(timer);
        resolve(end);
      });
    });
  } catch (error) {
    clearTimeout(timer);
    resolve({ kind: 'not_sent', detail: (error as Error).message });
  }
  return { ended, confirmed, close };
}

async function readAnswer(
  connection: SshConnection,
  channel: ClientChannel,
  mark: string,
  sink: CommandSink | null,
): Promise<ScriptEnd> {
  const filter = createAnswerFilter(mark);
  let isPaused = false;
  const take = (stream: OutputStream, chunk: Buffer) => {
    if (chunk.length === 0 || sink === null) return;
    sink.write(stream, chunk);
    if (isPaused || !sink.isFull()) return;
    isPaused = true;
    channel.pause();
    channel.stderr.pause();
    sink.room().then(() => {
      isPaused = false;
      channel.resume();
      channel.stderr.resume();
    });
  };
  channel.on('data', (chunk: Buffer) => take('stdout', chunk));
  channel.stderr.on('data', (chunk: Buffer) => take('stderr', filter.push(chunk)));
  // What breaks a channel shows as its close; ssh2 has no more to say about it.
  channel.on('error', () => channel.close());
  await Promise.all([
    new Promise<void>((resolve) => channel.once('close', resolve)),
    new Promise<void>((resolve) => channel.stderr.once('close', resolve)),
  ]);
  const { words, rest } = filter.end();
  if (words !== null) return { kind: 'answered', words };
  take('stderr', rest);
  const why = connection.isClosed()
    ? `The connection to the node broke${connection.whyClosed()}`
    : 'The node closed the channel';
  return { kind: 'lost', detail: `${why} before it had answered.` };
}
