// Makes a process end when the supervisor ends, even by kill -9. Entered by superviseProcess.
// On Linux the kernel does it (setpriv --pdeathsig); elsewhere the process watches its channel to the supervisor.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export type ParentDeathSignal = 'KILL' | 'INT';
export type BoundCommand = {
  program: string;
  args: string[];
  /** True: spawn with an 'ipc' channel, whose end the process takes as the supervisor's death. */
  needsChannel: boolean;
};

const watcher = fileURLToPath(new URL('./end-with-channel.mjs', import.meta.url));
let kernelCanDoIt: boolean | null = null;

/** `prefix`: a command that the process is started through, such as `nsenter … --`. */
export function bindToParent(
  command: readonly string[],
  prefix: readonly string[],
  signal: ParentDeathSignal,
): BoundCommand {
  kernelCanDoIt ??=
    process.platform === 'linux' &&
    spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true'], { stdio: 'ignore', timeout: 5_000 }).status === 0;
  return kernelCanDoIt ? boundByKernel(command, prefix, signal) : boundByChannel(command, prefix);
}

function boundByKernel(command: readonly string[], prefix: readonly string[], signal: ParentDeathSignal): BoundCommand {
  const bind = ['setpriv', '--pdeathsig', signal];
  // Inside the prefix once more: entering a namespace may fork, or clear the setting.
  const [program = '', ...args] =
    prefix.length === 0 ? [...bind, ...command] : [...bind, ...prefix, ...bind, ...command];
  return { program, args, needsChannel: false };
}

function boundByChannel(command: readonly string[], prefix: readonly string[]): BoundCommand {
  const [first = '', ...rest] = command;
  const isNode = first === process.execPath;
  const bound = isNode ? [first, '--import', watcher, ...rest] : [first, ...rest];
  const [program = '', ...args] = [...prefix, ...bound];
  return { program, args, needsChannel: isNode };
}
