// Entered by execute-command with what a command's first line said: which login shell hands our text on at this connection. POSIX ones need a
// program less to start a command. Remembers, and asks nothing: the first command on a connection brings the evidence along.
import type { SshConnection } from './open-ssh-connection.ts';

/** `unheard`: nothing has come back over this connection yet. */
export type LoginShell = 'unheard' | 'posix' | 'other';

/**
 * Two words for the first command. The first shows what the shell is by what it does: POSIX shells leave its four characters, csh takes the
 * first `\`, fish one of the last two. The second is its name.
 */
export const loginShellEvidence = String.raw`'\!\\' "$SHELL"`;
const untouchedLength = 4;
const posixShell = /^\/(?:[A-Za-z0-9._-]+\/)*(?:sh|bash|dash|ash|ksh|ksh93|mksh|zsh)$/;

/** One connection is one login: its shell does not change while it lasts. */
const learned = new WeakMap<SshConnection, LoginShell>();

export function loginShellOf(connection: SshConnection): LoginShell {
  return learned.get(connection) ?? 'unheard';
}

/** `said`: what followed the process id: `:<length of the first word>:<the second>`, or nothing. */
export function learnLoginShell(connection: SshConnection, said: string): void {
  const loginShell = readLoginShell(said);
  if (loginShell !== null) learned.set(connection, loginShell);
}

/** Name and deed have to agree: a start-up file may set SHELL to anything. */
export function readLoginShell(said: string): LoginShell | null {
  const parts = /^:(\d+):(.*)$/.exec(said);
  if (parts === null) return null;
  const [, length, name = ''] = parts;
  return Number(length) === untouchedLength && posixShell.test(name) ? 'posix' : 'other';
}
