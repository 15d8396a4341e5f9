// Entered by execute-command: what is sent to the node's sshd, which hands it to the login shell, whatever that is. The
// command itself is judged elsewhere; here it only has to arrive unchanged. Pure.
import type { Shell } from '@sena/contracts/domain/policy';
import { type LoginShell, loginShellEvidence } from './learn-login-shell.ts';
import { readOneProgram } from './one-program.ts';

/** The system's own directories first; the same on every node. */
export const fixedPath = '/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin';

export type CommandText = { text: string /** Precedes the process id on stderr. */; startMark: string };

/**
 * `<shell> -c <command>` with a fixed PATH, a cleared environment and no input; a reading whose shell would only start one program is that
 * program at once. Before the command begins, its process id is written to stderr behind `startMark`: the one who has to stop the command
 * needs it. While the login shell is `unheard`, its evidence follows the process id.
 */
export function commandText(
  shell: Shell,
  command: string,
  environment: Readonly<Record<string, string>>,
  user: string,
  { mark, loginShell, isReading }: { mark: string; loginShell: LoginShell; isReading: boolean },
): CommandText {
  const startMark = `sena-start:${mark}:`;
  const clean = cleanEnvironment(user);
  const values = Object.entries(environment);
  const program = isReading && shell === 'sh' ? readOneProgram(command) : null;
  const run = program?.map(quoteForAnyShell).join(' ') ?? `${shell} -c ${quoteForSh(command)}`;
  if (loginShell === 'posix') {
    // It can say itself which process the command will be: a program less to start, and nothing to escape.
    const assignments = values.map(([name, value]) => ` ${name}=${quoteForSh(value)}`).join('');
    const text = `echo "${startMark}$$" >&2; ${clean}${assignments} ${run} </dev/null`;
    return { text, startMark };
  }
  const isUnheard = loginShell === 'unheard';
  const isPlain = [command, ...values.map(([, value]) => value)].every(isSafeInAnyShell);
  if (isPlain) {
    // Readable in the node's own process list and logs.
    const assignments = values.map(([name, value]) => ` ${name}=${quoteForAnyShell(value)}`).join('');
    const [announce, words] = isUnheard
      ? [`echo "${startMark}$$:\${#1}:$2" >&2; shift 2`, ` ${loginShellEvidence}`]
      : [`echo "${startMark}$$" >&2`, ''];
    const text = `${clean}${assignments} sh -c '${announce}; exec "$@" </dev/null' sena${words} ${run}`;
    return { text, startMark };
  }
  const [announce, words] = isUnheard
    ? [`echo "${startMark}$$:\${#2}:$3" >&2`, ` ${loginShellEvidence}`]
    : [`echo "${startMark}$$" >&2`, ''];
  const script = `${announce}\n${exportsOf(environment)}exec ${run} </dev/null`;
  return { text: `${clean} ${shInAnyShell(script)}${words}`, startMark };
}

/** A script of ours with its arguments, under `sh` with the same environment that a command gets. */
export function scriptText(
  script: string,
  args: readonly string[],
  { environment, user }: { environment: Readonly<Record<string, string>>; user: string },
): string {
  const positional = args.length === 0 ? '' : `set -- ${args.map(quoteForSh).join(' ')}\n`;
  return `${cleanEnvironment(user)} ${shInAnyShell(`${exportsOf(environment)}${positional}${script}`)}`;
}

function cleanEnvironment(user: string): string {
  const login = /^[A-Za-z0-9._-]+$/.test(user) ? ` USER=${user} LOGNAME=${user}` : '';
  return `exec /usr/bin/env -i PATH=${fixedPath} HOME="$HOME"${login} LC_ALL=C.UTF-8`;
}

function exportsOf(environment: Readonly<Record<string, string>>): string {
  return Object.entries(environment)
    .map(([name, value]) => `export ${name}=${quoteForSh(value)}\n`)
    .join('');
}

/** What any login shell hands on to `sh` unchanged. */
function shInAnyShell(script: string): string {
  return `sh -c 'eval "$(printf %b "$1")"' sena '${escapeForPrintf(script)}'`;
}

/** Login shells disagree, even inside single quotes, about backslash (fish), `!` and line ends (csh). */
function isSafeInAnyShell(text: string): boolean {
  return !/[\\!\n\r]/.test(text);
}

function quoteForAnyShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quoteForSh(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Every byte that a shell could take for something is written as `\0ooo`, which `printf %b` turns back. */
function escapeForPrintf(text: string): string {
  let escaped = '';
  for (const byte of Buffer.from(text, 'utf8')) {
    const character = String.fromCharCode(byte);
    escaped += /[A-Za-z0-9 _.,:/=@%+-]/.test(character) ? character : `\\0${byte.toString(8).padStart(3, '0')}`;
  }
  return escaped;
}

/**
 * Kills the process group that a command leads and says what came of it, in one word on stdout: `sena-gone` (nothing of
 * the group is left), `sena-alive` (something survived or may not be killed), `sena-absent` (there is no such group).
 */
export function killText(processId: number): string {
  const script = [
    // Only "no such process" proves anything: `kill` also fails for processes of other users.
    'probe() { m=$(kill -0 "-$1" 2>&1) && return 0; case $m in *[Nn]"o such process"*) return 1;; esac; return 0; }',
    'probe "$1" || { echo sena-absent; exit 0; }',
    'kill -9 "-$1" 2>/dev/null',
    'n=0',
    'while probe "$1"; do n=$((n+1)); [ "$n" -gt 30 ] && { echo sena-alive; exit 0; }; sleep 0.1 2>/dev/null || sleep 1; done',
    'echo sena-gone',
  ].join('; ');
  return `exec /usr/bin/env -i PATH=${fixedPath} sh -c ${quoteForAnyShell(script)} sena ${processId}`;
}
