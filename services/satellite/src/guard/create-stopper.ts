// Entered by follow-guarded-command: tells the node to end a command, once its time is up or somebody wants it. Kills over channels of
// its own; journals nothing.
import { setTimeout as after } from 'node:timers/promises';
import type { ExitedReason } from '@sena/contracts/domain/outcome';
import type { Logger } from '@sena/telemetry/logger';
import type { SshConnection } from '../ssh/open-ssh-connection.ts';
import { newMark, runScript } from '../ssh/run-script.ts';
import { type GuardKey, stopText } from './guard-texts.ts';

export type StoppableCommand = {
  key: GuardKey;
  timeoutMs: number;
  /** Satellite's clock, from which the timeout counts. */
  startedAtMs: number;
  /** Somebody wants it to end. */
  stopSignal: AbortSignal;
  logger: Logger;
};

export type Stopper = {
  cause(): ExitedReason | null;
  /** While the command is followed over this connection. */
  watch(connection: SshConnection): { end(): void };
  /** What the node said, once it has; null when it was never asked. */
  answer(): Promise<string | null>;
  /** Resolves when the node could not stop it. */
  givenUp: Promise<void>;
  close(): void;
};

/** Between TERM and KILL. */
const killAfterSeconds = 5;
const stopAnswerTimeoutMs = killAfterSeconds * 1_000 + 15_000;
const stopRetryMs = 2_000;
/** A node that does not let the stop be asked. */
const unheardStopsMax = 5;

/** Tells the node to stop the command once that is wanted, again until it has answered. */
export function createStopper({ key, timeoutMs, startedAtMs, stopSignal, logger }: StoppableCommand): Stopper {
  const { promise: wanted, resolve: want } = Promise.withResolvers<ExitedReason>();
  const { promise: givenUp, resolve: giveUp } = Promise.withResolvers<void>();
  let cause: ExitedReason | null = null;
  let answer: string | null = null;
  let asking: Promise<void> | null = null;
  let unheard = 0;
  wanted.then((why) => {
    cause = why;
  });
  const timer = setTimeout(() => want('timeout'), Math.max(0, startedAtMs + timeoutMs - Date.now()));
  const cancel = () => want('cancelled');
  if (stopSignal.aborted) cancel();
  else stopSignal.addEventListener('abort', cancel, { once: true });

  async function ask(connection: SshConnection, why: ExitedReason, isOver: () => boolean): Promise<void> {
    while (!isOver() && !connection.isClosed() && answer === null) {
      const mark = newMark();
      const text = stopText(key, mark, killAfterSeconds, why);
      const end = await runScript(connection, text, mark, null, stopAnswerTimeoutMs).ended;
      const said = end.kind === 'answered' ? (end.words[0] ?? '') : null;
      logger.info({ cause, answer: said, end: end.kind }, 'a command was told to stop');
      if (said !== null && isFinal(said)) answer = said;
      // Its guard has no process yet, or none any more. Who follows it hears of the latter; the former has to be told again.
      else if (said !== 'absent') unheard += 1;
      if (answer === 'alive' || unheard >= unheardStopsMax) {
        giveUp();
      }
      if (answer === null) await after(stopRetryMs);
    }
  }

  return {
    cause: () => cause,
    watch(connection: SshConnection): { end(): void } {
      let isOver = false;
      wanted.then((why) => {
        if (isOver || answer !== null) return;
        asking = ask(connection, why, () => isOver);
      });
      return {
        end() {
          isOver = true;
        },
      };
    },
    async answer(): Promise<string | null> {
      await asking;
      return answer;
    },
    givenUp,
    close() {
      clearTimeout(timer);
      stopSignal.removeEventListener('abort', cancel);
    },
  };
}

/** `unwritten`: it is gone, and its node could not write how it ended. */
function isFinal(said: string): boolean {
  return said === 'ended' || said === 'had_ended' || said === 'alive' || said === 'unwritten';
}
