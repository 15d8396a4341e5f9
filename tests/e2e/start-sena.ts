// For end-to-end tests: `npm start` itself, on a port and in a data directory of its own. Starts and ends that one process tree.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

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

export interface RunningSena {
  readonly local: LocalFile;
  readonly output: () => string;
  /** Milliseconds from spawn until it said that it is up. */
  readonly startMs: number;
  /** Every process that it runs, by pid. */
  processes(): number[];
  /** Ctrl-C; resolves with the exit code. */
  interrupt(): Promise<number | null>;
  /** kill -9 of npm's program and the supervisor. */
  kill(): Promise<void>;
}

export async function startSena(
  home: { port: number; directory: string },
  environment: Record<string, string> = {},
): Promise<RunningSena> {
  const localFile = path.join(home.directory, 'local.json');
  const startedAtMs = performance.now();
  const child = spawn(process.execPath, [path.join(checkout, 'infra', 'local', 'start.mjs')], {
    cwd: checkout,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      NO_COLOR: '1',
      SENA_PORT: String(home.port),
      SENA_DATA_DIR: path.join(home.directory, 'data'),
      SENA_LOCAL_FILE: localFile,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  await untilUp(child, () => output);
  return {
    local: JSON.parse(readFileSync(localFile, 'utf8')) as LocalFile,
    output: () => output,
    startMs: performance.now() - startedAtMs,
    processes: () => descendantsOf(child.pid ?? 0),
    async interrupt() {
      child.kill('SIGINT');
      const code = await Promise.race([ended, sleep(stopTimeoutMs, 'late' as const)]);
      if (code === 'late') {
        child.kill('SIGKILL');
        throw new Error(`npm start did not end within ${stopTimeoutMs} ms of Ctrl-C:\n${output.slice(-4_000)}`);
      }
      return code;
    },
    async kill() {
      const [supervisor] = childrenOf(child.pid ?? 0);
      child.kill('SIGKILL');
      if (supervisor !== undefined) process.kill(supervisor, 'SIGKILL');
      await ended;
    },
  };
}

async function untilUp(child: ChildProcess, output: () => string): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (!output().includes('SENA is up')) {
    if (child.exitCode !== null) throw new Error(`npm start ended with ${child.exitCode}:\n${output().slice(-6_000)}`);
    if (performance.now() > deadlineMs) {
      child.kill('SIGTERM');
      throw new Error(`npm start was not up after ${readyTimeoutMs} ms:\n${output().slice(-6_000)}`);
    }
    await sleep(50);
  }
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // it has ended
  }
}

function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [child, ...descendantsOf(child)]);
}

/** Those that still run. */
export function stillRunning(pids: readonly number[]): number[] {
  return pids.filter((pid) => {
    try {
      return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
    } catch {
      return false; // it has ended
    }
  });
}
