// A process of a benchmark that is told once what to do and says once that it does it. Ends with its parent.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { leaveNothing } from './leave-nothing.ts';

export interface Child {
  readonly pid: number;
  /** The next message of the child; rejects when it ends instead. */
  next<T>(): Promise<T>;
  tell(message: object): void;
  stop(): Promise<void>;
  /** At once. */
  kill(): Promise<void>;
}

/** `nodeOptions`: e.g. `--cpu-prof`. `outputFile`: takes what it prints; else that is dropped. */
export function startChild(
  entry: string,
  nodeOptions: readonly string[] = [],
  outputFile: string | null = null,
): Child {
  const output = outputFile === null ? ('ignore' as const) : openSync(outputFile, 'a');
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', ...nodeOptions, entry],
    { env: { PATH: process.env.PATH }, stdio: ['ignore', output, 'inherit', 'ipc'] },
  );
  const ended = once(child, 'exit');
  return {
    pid: child.pid ?? 0,
    async next<T>() {
      const message = await Promise.race([
        once(child, 'message').then(([value]) => ({ value: value as T })),
        ended.then(() => null),
      ]);
      if (message === null) throw new Error(`${entry} ended before it answered. Its last words are above.`);
      return message.value;
    },
    tell: (message) => {
      child.send(message);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    stop: leaveNothing(async () => {
      // The channel's end tells it to leave, so that a profile is written.
      if (child.connected) child.disconnect();
      const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
      await ended;
      clearTimeout(timer);
    }),
  };
}
