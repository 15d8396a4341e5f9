// Entered by execute-command when a command is out of time: kills it over a second channel of the same connection and
// reports what the node could prove.
import { killText } from './command-text.ts';
import type { SshConnection } from './open-ssh-connection.ts';

const killTimeoutMs = 10_000;

export type KillReport =
  /** Nothing of the group is left. */
  | { kind: 'gone' }
  | { kind: 'alive' }
  /** There was no such group. */
  | { kind: 'absent' }
  /** Nobody knows; `why` goes on after "The command could not be killed: ". */
  | { kind: 'failed'; why: string };

export function killProcessGroup(connection: SshConnection, processId: number): Promise<KillReport> {
  return new Promise((resolve) => {
    const timer = setTimeout(
      () => fail(`the node did not answer within ${killTimeoutMs / 1_000} s. It may be overloaded.`),
      killTimeoutMs,
    );
    const report = (value: KillReport) => {
      clearTimeout(timer);
      resolve(value);
    };
    const fail = (why: string) => report({ kind: 'failed', why });
    try {
      connection.client.exec(killText(processId), (error, channel) => {
        if (error !== undefined) {
          fail(`the node opened no other channel for it (${error.message}). Raise MaxSessions there.`);
          return;
        }
        let said = '';
        channel.on('data', (chunk: Buffer) => {
          if (said.length < 4_096) said += chunk.toString('latin1');
        });
        channel.stderr.resume();
        channel.on('error', (cause: Error) => fail(`the channel for it broke (${cause.message}).`));
        channel.once('close', () => report(readReport(said)));
      });
    } catch (error) {
      fail(`the request could not be sent (${error instanceof Error ? error.message : String(error)}).`);
    }
  });
}

/** The last word counts; a login shell may have said something before. */
function readReport(said: string): KillReport {
  const word = /sena-(gone|alive|absent)\s*$/.exec(said)?.[1];
  if (word === 'gone' || word === 'alive' || word === 'absent') return { kind: word };
  return { kind: 'failed', why: 'the node did not say whether anything is left of it. Look at the login shell there.' };
}
