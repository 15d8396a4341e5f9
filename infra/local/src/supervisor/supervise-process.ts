// Keeps one process running: starts it, waits until it is ready, starts it again with growing delays, stops it in bounded time.
// Entered by everything that starts a process that stays. Touches that process and its group only.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from '../report/report.ts';
import { bindToParent, type ParentDeathSignal } from './bind-to-parent.ts';
import type { ProcessTable } from './process-table.ts';
import { restartDelay } from './restart-delay.ts';

export type ProcessSpec = {
  name: string;
  /** Program and arguments; asked anew at each start. */
  command: () => string[];
  /** Started through this, e.g. `nsenter --net=… --`; asked anew at each start. */
  prefix?: () => string[];
  cwd: string;
  /** The whole environment: nothing is inherited. */
  env: Record<string, string>;
  user?: { uid: number; gid: number } | null;
  stopSignal?: NodeJS.Signals;
  parentDeathSignal?: ParentDeathSignal;
  /** After this the process is ended by force. */
  stopTimeoutMs?: number | undefined;
  readyTimeoutMs?: number | undefined;
  /** Which of its lines are worth showing; all by default. */
  isShown?: (line: string) => boolean;
  /** Resolves when it is ready; gives up when `signal` aborts. Lines of its standard output pass `onLine`. */
  untilReady: (watch: { signal: AbortSignal; onLine: (listener: (line: string) => void) => void }) => Promise<void>;
};

export type SupervisedProcess = {
  readonly name: string;
  /** null while it is down. */
  pid(): number | null;
  /** 1 after the first start. */
  startCount(): number;
  /** Resolves when it is ready, now or later; rejects when it never was and failed three times, or when it is stopped. */
  whenReady(): Promise<void>;
  /** Sends a signal. After SIGKILL it counts as down at once, so `whenReady` waits for the next start. */
  kill(signal: NodeJS.Signals): void;
  /** Stops it and starts it at once; resolves when it is ready, and says how it had ended. null: it was down. */
  restart(): Promise<ProcessEnd | null>;
  /** Stops it for good: politely, then by force. Resolves when it is gone. */
  stop(): Promise<void>;
  /** Cuts a polite stop short. */
  hurry(): void;
};

/** By itself with a code, or by a signal: SIGKILL where it was told to stop and did not in time. */
export type ProcessEnd = { code: number | null; signal: NodeJS.Signals | null };

export type SupervisorContext = { report: Report; table: ProcessTable | null };

type State =
  | { kind: 'starting'; child: ChildProcess }
  | { kind: 'ready'; child: ChildProcess; sinceMs: number }
  | { kind: 'ending'; child: ChildProcess; readyForMs: number | null }
  | { kind: 'down' }
  | { kind: 'stopped' };

const failuresUntilHopeless = 3;
const keptLines = 20;
/** Where a process has come up in time at none of its starts. */
const whatToDo =
  ' What it needs does not answer (PostgreSQL or Redis, where SENA_DATABASE_URL or REDIS_URL names one), or the machine is busy. Mend that, then start again: what is there is kept.';

export function superviseProcess(spec: ProcessSpec, { report, table }: SupervisorContext): SupervisedProcess {
  const stopTimeoutMs = spec.stopTimeoutMs ?? 20_000;
  const readyTimeoutMs = spec.readyTimeoutMs ?? 60_000;
  const stopping = new AbortController();
  const hurrying = new AbortController();
  const lastLines: string[] = [];
  let state: State = { kind: 'down' };
  let starts = 0;
  let wasEverReady = false;
  let restartAtOnce = false;
  let waiters: Array<{ resolve: () => void; reject: (error: Error) => void }> = [];

  const finished = keepRunning();

  return {
    name: spec.name,
    pid: () => ('child' in state ? (state.child.pid ?? null) : null),
    startCount: () => starts,
    whenReady,
    kill(signal) {
      if (!('child' in state)) return;
      const { child } = state;
      if (signal === 'SIGKILL') markEnding(child);
      child.kill(signal);
    },
    async restart() {
      const child = 'child' in state ? state.child : null;
      if (child !== null) {
        restartAtOnce = true;
        markEnding(child);
        await endChild(child);
      }
      await whenReady();
      return child === null ? null : { code: child.exitCode, signal: child.signalCode };
    },
    async stop() {
      stopping.abort();
      await finished;
    },
    hurry() {
      hurrying.abort();
    },
  };

  async function keepRunning(): Promise<void> {
    let delayMs: number | null = null;
    let failuresInARow = 0;
    while (!stopping.signal.aborted) {
      const end = await runOnce();
      if (stopping.signal.aborted) break;
      if (restartAtOnce) {
        restartAtOnce = false;
        continue;
      }
      failuresInARow = end.readyForMs === null ? failuresInARow + 1 : 1;
      if (!wasEverReady && failuresInARow >= failuresUntilHopeless)
        rejectWaiters(end.description, end.tooLate ? whatToDo : '');
      delayMs = restartDelay(delayMs, end.readyForMs);
      report.warn(`${spec.name} ${end.description}; it is started again in ${delayMs / 1_000} s`);
      await sleep(delayMs, undefined, { signal: stopping.signal }).catch(ignoreAbort);
    }
    state = { kind: 'stopped' };
    rejectWaiters('was stopped');
  }

  async function runOnce(): Promise<{ description: string; tooLate: boolean; readyForMs: number | null }> {
    const { program, args, needsChannel } = bindToParent(
      spec.command(),
      spec.prefix?.() ?? [],
      spec.parentDeathSignal ?? 'KILL',
    );
    const child = spawn(program, args, {
      cwd: spec.cwd,
      env: spec.env,
      // A group of its own: a Ctrl-C in the terminal reaches the supervisor alone, which then stops all in order.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', ...(needsChannel ? (['ipc'] as const) : [])],
      ...(spec.user ?? {}),
    });
    starts += 1;
    state = { kind: 'starting', child };
    lastLines.length = 0;
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error) => resolve(`could not be started (${error.message})`));
      child.once('exit', (code, signal) =>
        resolve(code === null ? `was ended by ${signal}` : `ended with code ${code}`),
      );
    });
    if (child.pid !== undefined) table?.add(spec.name, child.pid);

    const attempt = new AbortController();
    const lineListeners: Array<(line: string) => void> = [];
    readLines(child, (line) => {
      for (const listener of lineListeners) listener(line);
    });
    let tooLate = false;
    const readyTimer = setTimeout(() => {
      tooLate = true;
      killGroup(child, 'SIGKILL');
    }, readyTimeoutMs);
    spec
      .untilReady({ signal: attempt.signal, onLine: (listener) => lineListeners.push(listener) })
      .then(() => {
        clearTimeout(readyTimer);
        if (state.kind === 'starting' && state.child === child) becomeReady(child);
      })
      .catch((error: unknown) => {
        if (attempt.signal.aborted) return;
        report.warn(`${spec.name} can't become ready: ${error instanceof Error ? error.message : String(error)}`);
        killGroup(child, 'SIGKILL');
      });

    const stopRequested = once(stopping.signal, 'abort', { signal: attempt.signal })
      .then(() => endChild(child))
      .catch(ignoreAbort);
    if (stopping.signal.aborted) await endChild(child);
    const description = await ended;
    const readyForMs = readyDuration();
    attempt.abort();
    clearTimeout(readyTimer);
    await stopRequested;
    // What it left in its group goes with it.
    killGroup(child, 'SIGKILL');
    if (child.pid !== undefined) table?.remove(child.pid);
    state = { kind: 'down' };
    return {
      description: tooLate ? `was not ready after ${readyTimeoutMs / 1_000} s` : description,
      tooLate,
      readyForMs,
    };
  }

  function becomeReady(child: ChildProcess): void {
    wasEverReady = true;
    state = { kind: 'ready', child, sinceMs: performance.now() };
    const waiting = waiters;
    waiters = [];
    for (const waiter of waiting) waiter.resolve();
  }

  function whenReady(): Promise<void> {
    if (state.kind === 'ready') return Promise.resolve();
    if (state.kind === 'stopped') return Promise.reject(new Error(`${spec.name} is stopped.`));
    return new Promise((resolve, reject) => waiters.push({ resolve, reject }));
  }

  function rejectWaiters(description: string, advice = ''): void {
    const waiting = waiters;
    waiters = [];
    const said = lastLines.length === 0 ? '' : ` Its last lines:\n${lastLines.map((line) => `  ${line}`).join('\n')}`;
    for (const waiter of waiting) waiter.reject(new Error(`${spec.name} ${description}.${advice}${said}`));
  }

  function readyDuration(): number | null {
    if (state.kind === 'ready') return performance.now() - state.sinceMs;
    return state.kind === 'ending' ? state.readyForMs : null;
  }

  function markEnding(child: ChildProcess): void {
    state = { kind: 'ending', child, readyForMs: readyDuration() };
  }

  async function endChild(child: ChildProcess): Promise<void> {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = once(child, 'exit');
    const enough = new AbortController();
    child.kill(spec.stopSignal ?? 'SIGTERM');
    const waiting = sleep(stopTimeoutMs, 'too late', {
      signal: AbortSignal.any([hurrying.signal, enough.signal]),
    }).catch(() => 'hurry');
    const first = await Promise.race([gone.then(() => 'gone'), waiting]);
    enough.abort();
    if (first === 'gone') return;
    if (first === 'too late')
      report.warn(`${spec.name} did not stop in ${stopTimeoutMs / 1_000} s and is ended by force`);
    killGroup(child, 'SIGKILL');
    await gone;
  }

  function readLines(child: ChildProcess, onOutputLine: (line: string) => void): void {
    const keep = (line: string) => {
      lastLines.push(line);
      if (lastLines.length > keptLines) lastLines.shift();
      if (spec.isShown?.(line) ?? true) report.output(spec.name, line);
    };
    if (child.stdout !== null) {
      createInterface({ input: child.stdout }).on('line', (line) => {
        keep(line);
        onOutputLine(line);
      });
    }
    if (child.stderr !== null) createInterface({ input: child.stderr }).on('line', keep);
  }
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function ignoreAbort(error: unknown): void {
  if (!(error instanceof Error && error.name === 'AbortError')) throw error;
}
