// A satellite as its operator runs it, by its own program, started again whenever it ends; and what may happen to its process and its disk.
// Entered by the world, once a lane. Touches that process and its directory only.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { eventually } from '@sena/testing/eventually';
import type { JournalStep, When } from '../cells.ts';
import type { CommitPoint } from './satellite-preload.ts';

const run = promisify(execFile);
const program = path.resolve('services', 'satellite', 'src', 'main.ts');
const preload = path.join(import.meta.dirname, 'satellite-preload.ts');
const logBytesMax = 256 * 1024;
/** By a stop at a commit. */
const stoppedMs = 1_500;

export interface FaultySatellite {
  readonly name: string;
  /** What it has written down; for looking. */
  readonly journalFile: string;
  pid(): number | null;
  /** SIGKILL: it is started again at once, or `downMs` later. */
  kill(downMs?: number): void;
  /** SIGSTOP now, SIGCONT `stoppedMs` later. */
  pause(stoppedMs: number): void;
  /** At the journal's next such commit. */
  atCommit(point: {
    step: JournalStep;
    when: When;
    nth: number;
    signal: CommitPoint['signal'];
  }): Promise<{ hasFired(): boolean; takeAway(): Promise<void> }>;
  /** False: there was no C compiler to build what a power loss needs. */
  readonly canLosePower: boolean;
  /** When its process ends the next time, its files are put back to what they were at their last fsync. */
  losesPowerAtNextEnd(loses: boolean): void;
  /** No file of the process can grow any more. False: it had ended before. */
  fillDisk(): Promise<boolean>;
  /** They can again. */
  makeRoom(): Promise<void>;
  setClock(offsetMs: number): Promise<void>;
  /** Ended politely and started again. */
  restart(): Promise<void>;
  log(): string;
  starts(): number;
  stop(): Promise<void>;
}

export interface SatelliteOptions {
  name: string;
  /** Its own, empty. */
  directory: string;
  config: object;
  url: string;
  token: string;
  pin: string;
  /** Where it finds the tunnel instead of where the cloud says. */
  tunnelUrl: string;
  /** Of power-loss.c; null where it could not be built. */
  powerLossLibrary: string | null;
}

/** Enrols it and starts it; resolves when the process runs. */
export async function startFaultySatellite(options: SatelliteOptions): Promise<FaultySatellite> {
  const { name, directory, powerLossLibrary } = options;
  const state = path.join(directory, 'satellite.state');
  const disk = path.join(directory, 'disk');
  const configFile = path.join(directory, 'satellite.json');
  const pointFile = path.join(directory, 'point');
  const clockFile = path.join(directory, 'clock');
  await mkdir(disk, { recursive: true });
  await writeFile(configFile, JSON.stringify(options.config), { mode: 0o600 });
  await run(
    process.execPath,
    [
      ...['--disable-warning=ExperimentalWarning', program, 'enroll', '--url', options.url, '--token', options.token],
      ...['--pin', options.pin, '--name', name, '--config', configFile],
    ],
    { env: {}, timeout: 30_000 },
  );
  const enrolmentFile = path.join(state, 'enrolment.json');
  const enrolment = JSON.parse(await readFile(enrolmentFile, 'utf8')) as object;
  await writeFile(enrolmentFile, JSON.stringify({ ...enrolment, tunnelUrl: options.tunnelUrl }), { mode: 0o600 });

  let child: ChildProcess | null = null;
  let starts = 0;
  let log = '';
  let downMs = 0;
  /** The one whose disk is full. */
  let filled: ChildProcess | null = null;
  let isPowerLost = false;
  let isStopping = false;
  let pointCount = 0;
  const running = keepRunning();

  async function keepRunning(): Promise<void> {
    while (!isStopping) {
      const { process: started, ended } = spawnOnce();
      child = started;
      const how = await ended;
      child = null;
      log = `${log}\n[${name} ended: ${how}]\n`.slice(-logBytesMax);
      if (isPowerLost) await restoreDisk();
      isPowerLost = false;
      // One that can't start must not be started in a circle.
      await sleep(Math.max(downMs, 50));
      downMs = 0;
    }
  }

  function spawnOnce(): { process: ChildProcess; ended: Promise<string> } {
    starts += 1;
    const started = spawn(
      'setpriv',
      [
        ...['--pdeathsig', 'KILL', '--', process.execPath, '--disable-warning=ExperimentalWarning'],
        ...['--no-wasm-tier-up', '--import', preload, program, 'run', '--config', configFile],
      ],
      {
        env: {
          PATH: process.env.PATH,
          // It is started often: parsed and stripped once.
          NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
          SENA_FAULT_POINT: pointFile,
          SENA_FAULT_CLOCK: clockFile,
          ...(powerLossLibrary === null
            ? {}
            : { LD_PRELOAD: powerLossLibrary, SENA_FAULT_DISK_OF: state, SENA_FAULT_DISK: disk }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    for (const stream of [started.stdout, started.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        log = (log + text).slice(-logBytesMax);
      });
    }
    const ended = once(started, 'close').then(([code, signal]) => String(signal ?? code));
    return { process: started, ended };
  }

  /** What was in the page cache alone is gone. The code cache stays: it is a directory of its own, and Node checks each of its files by hash. */
  async function restoreDisk(): Promise<void> {
    const kept = new Set(await readdir(disk));
    for (const file of await readdir(state)) {
      if (!kept.has(file) && file !== 'enrolment.json' && file !== 'code-cache')
        await rm(path.join(state, file), { force: true });
    }
    for (const file of kept) await cp(path.join(disk, file), path.join(state, file));
  }

  function kill(nextDownMs = 0): void {
    downMs = nextDownMs;
    child?.kill('SIGKILL');
  }

  await eventually(`${name} runs`, () => child !== null);
  return {
    name,
    journalFile: path.join(state, 'journal.db'),
    pid: () => child?.pid ?? null,
    kill,
    pause(stoppedMs) {
      const paused = child;
      paused?.kill('SIGSTOP');
      void sleep(stoppedMs).then(() => paused?.kill('SIGCONT'));
    },
    async atCommit({ step, when, nth, signal }) {
      pointCount += 1;
      const id = String(pointCount);
      const fired = `${pointFile}.${id}`;
      await writeFile(`${pointFile}.new`, JSON.stringify({ id, step, when, nth, signal } satisfies CommitPoint));
      await cp(`${pointFile}.new`, pointFile);
      let hasFired = false;
      const timer = setInterval(async () => {
        const found = await readFile(fired).then(
          () => true,
          () => false,
        );
        if (!found || hasFired) return;
        hasFired = true;
        if (signal === 'SIGSTOP') setTimeout(() => child?.kill('SIGCONT'), stoppedMs);
      }, 50);
      return {
        hasFired: () => hasFired,
        async takeAway() {
          clearInterval(timer);
          await rm(pointFile, { force: true });
          hasFired ||= await readFile(fired).then(
            () => true,
            () => false,
          );
          await rm(fired, { force: true });
          child?.kill('SIGCONT');
        },
      };
    },
    canLosePower: powerLossLibrary !== null,
    losesPowerAtNextEnd(loses) {
      isPowerLost = loses;
    },
    async fillDisk() {
      const target = child;
      if (target?.pid === undefined) return false;
      try {
        await run('prlimit', ['--pid', String(target.pid), '--fsize=0:unlimited'], { timeout: 5_000 });
        filled = target;
        return true;
      } catch (error) {
        // Another fault has ended it meanwhile; the next process has a disk again.
        if (target !== child || target.exitCode !== null || target.signalCode !== null) return false;
        throw error;
      }
    },
    async makeRoom() {
      const full = filled;
      filled = null;
      // One that has ended meanwhile took its full disk with it.
      if (full?.pid === undefined || full !== child) return;
      await run('prlimit', ['--pid', String(full.pid), '--fsize=unlimited'], { timeout: 5_000 }).catch(
        (error: unknown) => {
          if (full === child && full.exitCode === null && full.signalCode === null) throw error;
        },
      );
    },
    async setClock(offsetMs) {
      if (offsetMs === 0) await rm(clockFile, { force: true });
      else await writeFile(clockFile, String(offsetMs));
    },
    async restart() {
      const before = starts;
      child?.kill('SIGTERM');
      await eventually(`${name} is started again`, () => starts > before, { timeoutMs: 40_000 });
    },
    log: () => log,
    starts: () => starts,
    async stop() {
      isStopping = true;
      child?.kill('SIGCONT');
      child?.kill('SIGKILL');
      await running;
    },
  };
}
