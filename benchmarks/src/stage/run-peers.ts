// The opponents, by the baseline runners as they are: fanout-peers.sh (ansible, clush, pssh, ssh) and ssh2-fanout.mjs (the floor).
// Runs them and reads their tables; says what is missing.
import { type ExecFileOptions, execFile } from 'node:child_process';
import { access } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from '@sena/testing/find-program';
import { leaveNothing } from './leave-nothing.ts';
import type { SshdFleet } from './start-sshd-fleet.ts';

const execute = promisify(execFile);
const timeoutMs = 1_800_000;
/** Where the project's own ssh2 is found from. */
const satellite = path.resolve(import.meta.dirname, '..', '..', '..', 'services', 'satellite');

/** A runner starts others: they are a group, and end together. */
async function run(program: string, args: readonly string[], options: { cwd?: string; maxBuffer?: number }) {
  const running = execute(program, args, { ...options, detached: true, timeout: timeoutMs } as ExecFileOptions);
  const end = leaveNothing(async () => {
    const { pid, exitCode, signalCode } = running.child;
    if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, 'SIGTERM');
  });
  try {
    return { stdout: String((await running).stdout) };
  } finally {
    await end();
  }
}

export interface PeerRunners {
  readonly peers: string;
  readonly floor: string;
}

/** Throws with what to install or to name. */
export async function findPeers(directory: string | undefined): Promise<PeerRunners> {
  if (directory === undefined || directory === '')
    throw new Error(
      'Name the directory of the baseline runners (fanout-peers.sh, ssh2-fanout.mjs): --baselines DIRECTORY, or SENA_BASELINES=DIRECTORY.',
    );
  const runners = {
    peers: path.resolve(directory, 'fanout-peers.sh'),
    floor: path.resolve(directory, 'ssh2-fanout.mjs'),
  };
  for (const file of Object.values(runners)) {
    await access(file).catch((cause: unknown) => {
      throw new Error(`There is no ${file}. --baselines names the directory that holds it.`, { cause });
    });
  }
  for (const [program, debianPackage] of [
    ['ansible', 'ansible'],
    ['clush', 'clustershell'],
    ['parallel-ssh', 'pssh'],
    ['ssh', 'openssh-client'],
    ['sshd', 'openssh-server'],
  ] as const) {
    await findProgram([program], debianPackage);
  }
  return runners;
}

/** Seconds by tool, of one run each. Throws when one of them did not reach every host. */
export async function runPeers(
  { peers }: PeerRunners,
  fleet: SshdFleet,
  mode: 'cold' | 'warm',
  concurrency: number,
): Promise<Map<string, number>> {
  const args = [peers, fleet.hostsFile, String(fleet.port), fleet.user, fleet.keyFile, mode, '1', String(concurrency)];
  const { stdout } = await run('bash', args, { maxBuffer: 2 ** 24 });
  const seconds = new Map<string, number>();
  for (const row of stdout.trim().split('\n')) {
    const match = /^(\S+)\s+\S+\s+(\d+) hosts\s+([\d.]+) s\s+\S+\s+answered (\d+)$/.exec(row);
    if (match === null) throw new Error(`fanout-peers.sh printed something else than its table: ${row}`);
    const [, tool = '', hosts, took, answered] = match;
    if (hosts !== answered) console.warn(`${tool}: only ${answered} of ${hosts} hosts answered`);
    seconds.set(tool, Number(took));
  }
  return seconds;
}

/** Raw ssh2: seconds of the cold round and the median of the warm ones. */
export async function runFloor(
  { floor }: PeerRunners,
  fleet: SshdFleet,
  concurrency: number,
): Promise<{ cold: number; warm: number; cpuMsPerHost: number }> {
  const args = [floor, fleet.hostsFile, String(fleet.port), fleet.user, fleet.keyFile, '5', String(concurrency)];
  const { stdout } = await run(process.execPath, args, { cwd: satellite });
  const result = JSON.parse(stdout) as {
    cold: { seconds: number };
    warmMedianSeconds: number;
    rounds: Array<{ answered: number; cpuMsPerHost: number }>;
  };
  if (result.rounds.some((round) => round.answered !== fleet.addresses.length))
    throw new Error('ssh2-fanout.mjs did not reach every host.');
  return {
    cold: result.cold.seconds,
    warm: result.warmMedianSeconds,
    cpuMsPerHost: result.rounds.at(-1)?.cpuMsPerHost ?? 0,
  };
}
