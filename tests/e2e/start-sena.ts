// For end-to-end tests: `npm start` itself, in a process group of its own as a terminal makes it, on a port and in a data directory of
// its own. Starts and ends that one process tree.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { descendantsOf, stillRunning } from './read-processes.ts';

const checkout = path.resolve(import.meta.dirname, '..', '..');
const readyTimeoutMs = 120_000;
const stopTimeoutMs = 30_000;

/** What `npm start` writes for scripts. */
export interface LocalFile {
  consoleUrl: string;
  apiUrl: string;
  email: string;
  password: string;
  apiKey: string;
  approver: { email: string; password: string; apiKey: string };
}

export interface SenaHome {
  port: number;
  /** What it keeps lies in `data`, what scripts read in `local.json`. */
  directory: string;
}

export interface RunningSena {
  readonly local: LocalFile;
  readonly output: () => string;
  /** Milliseconds from spawn until it said that it is up. */
  readonly startMs: number;
  /** Every process that it runs, by pid. */
  processes(): number[];
  /** Ctrl-C: SIGINT to npm and to everyone in its group, as a terminal sends it. Resolves with npm's exit code. */
  interrupt(): Promise<number | null>;
  /** kill -9 of npm, its program and the supervisor. */
  kill(): Promise<void>;
}

export async function startSena(home: SenaHome, environment: Record<string, string> = {}): Promise<RunningSena> {
  const startedAtMs = performance.now();
  const npm = runNpmStart(home, environment);
  await untilUp(npm);
  return {
    local: JSON.parse(readFileSync(path.join(home.directory, 'local.json'), 'utf8')) as LocalFile,
    output: npm.output,
    startMs: performance.now() - startedAtMs,
    processes: () => descendantsOf(npm.pid),
    async interrupt() {
      endGroup(npm.pid, 'SIGINT');
      const code = await Promise.race([npm.ended, sleep(stopTimeoutMs, 'late' as const)]);
      if (code === 'late') {
        endGroup(npm.pid, 'SIGKILL');
        throw new Error(`npm start did not end within ${stopTimeoutMs} ms of Ctrl-C:\n${npm.output().slice(-4_000)}`);
      }
      return code;
    },
    async kill() {
      endGroup(npm.pid, 'SIGKILL');
      await npm.ended;
    },
  };
}

export interface RefusedStart {
  code: number | null;
  output: string;
  /** Processes that it started and that outlived it. */
  left: number[];
}

/** A start that is expected to end by itself. */
export async function startInVain(home: SenaHome): Promise<RefusedStart> {
  const npm = runNpmStart(home, {});
  const started = new Set<number>();
  const watch = setInterval(() => {
    for (const pid of descendantsOf(npm.pid)) started.add(pid);
  }, 20);
  const code = await Promise.race([npm.ended, sleep(readyTimeoutMs, 'late' as const)]);
  clearInterval(watch);
  if (code === 'late') {
    endGroup(npm.pid, 'SIGTERM');
    throw new Error(`npm start was not refused:\n${npm.output().slice(-4_000)}`);
  }
  return { code, output: npm.output(), left: stillRunning([...started]) };
}

interface NpmStart {
  pid: number;
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
}

function runNpmStart(home: SenaHome, environment: Record<string, string>): NpmStart {
  const child = spawn('npm', ['start'], {
    cwd: checkout,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NO_COLOR: '1',
      SENA_PORT: String(home.port),
      SENA_DATA_DIR: path.join(home.directory, 'data'),
      SENA_LOCAL_FILE: path.join(home.directory, 'local.json'),
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  if (child.pid === undefined) throw new Error('npm could not be started: is it on the PATH?');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  return { pid: child.pid, child, output: () => output, ended: once(child, 'close').then(([code]) => code) };
}

async function untilUp({ child, pid, output }: NpmStart): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (!output().includes('SENA is up')) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${output().slice(-6_000)}`);
    if (performance.now() > deadlineMs) {
      endGroup(pid, 'SIGTERM');
      throw new Error(`npm start was not up after ${readyTimeoutMs} ms:\n${output().slice(-6_000)}`);
    }
    await sleep(50);
  }
}

function endGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // All of it has ended already.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
