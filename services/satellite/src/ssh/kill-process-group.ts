// Entered by execute-command when a command is out of time: kills it over a second channel of the same connection and
// reports what the node could prove.

import { killText } from './command-text.ts';
import type { SshConnection } from './open-ssh-connection.ts';

const killTimeoutMs = 10_000;

/** `gone`: nothing of the group is left. `absent`: there was no such group. `failed`: the node gave no answer. */
export type KillReport = 'gone' | 'alive' | 'absent' | 'failed';

export function killProcessGroup(connection: SshConnection, processId: number): Promise<KillReport> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve('failed'), killTimeoutMs);
    const report = (value: KillReport) => {
      clearTimeout(timer);
      resolve(value);
    };
    try {
      connection.client.exec(killText(processId), (error, channel) => {
        if (error !== undefined) {
          report('failed');
          return;
        }
        let said = '';
        channel.on('data', (chunk: Buffer) => {
          if (said.length < 4_096) said += chunk.toString('latin1');
        });
        channel.stderr.resume();
        channel.on('error', () => report('failed'));
        channel.once('close', () => report(readReport(said)));
      });
    } catch {
      report('failed');
    }
  });
}

/** The last word counts; a login shell may have said something before. */
function readReport(said: string): KillReport {
  const word = /sena-(gone|alive|absent)\s*$/.exec(said)?.[1];
  return word === 'gone' || word === 'alive' || word === 'absent' ? word : 'failed';
}
