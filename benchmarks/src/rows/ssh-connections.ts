// What a kept SSH connection costs a satellite in memory: its own pool, on real sshd, with none, some and all connections open.
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { spread } from '../measure/statistics.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { leaveNothing } from '../stage/leave-nothing.ts';
import type { MemoryOfConnections, SshConnectionsSettings } from '../stage/ssh-connections-main.ts';
import { startChild } from '../stage/start-child.ts';
import { startSshdFleet } from '../stage/start-sshd-fleet.ts';

const target = '≤ 44 (45 KB)';
/** Those with which `satellite run` begins. */
const satelliteFlags = ['--max-semi-space-size=1', '--v8-pool-size=1', '--expose-gc'];

export async function measureSshConnections({
  connections,
  repetitions,
}: {
  connections: number;
  repetitions: number;
}): Promise<void> {
  const loadBefore = loadAverage();
  const directory = await mkdtemp(path.join(tmpdir(), 'sena-ssh-connections-'));
  await chmod(directory, 0o755);
  const undo = leaveNothing(() => rm(directory, { recursive: true, force: true }));
  const fleet = await startSshdFleet(connections, directory);
  const knownHostsFile = path.join(directory, 'known_hosts');
  await writeFile(knownHostsFile, fleet.knownHosts);
  const { addresses, port, user, keyFile } = fleet;
  const counts = [0, Math.round(connections / 3), connections];

  const runs: MemoryOfConnections[][] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    const child = startChild(path.join(import.meta.dirname, '..', 'stage', 'ssh-connections-main.ts'), satelliteFlags);
    child.tell({ addresses, port, user, keyFile, knownHostsFile, counts } satisfies SshConnectionsSettings);
    runs.push(await child.next<MemoryOfConnections[]>());
    await child.stop();
    console.log(`run ${repetition + 1}: ${JSON.stringify(runs.at(-1))}`);
  }
  await fleet.stop();
  await undo();

  const kinds = [
    ['resident', (found: MemoryOfConnections) => found.residentBytes],
    [
      'heap and external, after garbage was collected',
      (found: MemoryOfConnections) => found.heapBytes + found.externalBytes,
    ],
    ['of that, external', (found: MemoryOfConnections) => found.externalBytes],
  ] as const;
  const at = (index: number, of: (found: MemoryOfConnections) => number) =>
    runs.map((run) => of(run[index] as MemoryOfConnections));
  const each = (from: number, to: number, of: (found: MemoryOfConnections) => number) =>
    runs.map(
      (run) =>
        (of(run[to] as MemoryOfConnections) - of(run[from] as MemoryOfConnections)) /
        ((counts[to] ?? 0) - (counts[from] ?? 0)) /
        1_024,
    );
  const mib = (bytes: readonly number[]) =>
    spread(
      bytes.map((value) => value / 2 ** 20),
      1,
    );
  await writeResult({
    name: 'ssh-connections',
    title: `A kept SSH connection at the satellite`,
    command: `ssh-connections --nodes ${connections} --repetitions ${repetitions}`,
    about: [
      `The satellite’s pool in a process of its own, with the flags of \`satellite run\`, on ${connections} addresses of real sshd. One command over each connection, then it is`,
      'kept. Each repetition is a process of its own, which collects its garbage before each figure.',
    ],
    loadBefore,
    tables: [
      {
        heading: 'KiB of one connection: median (lowest–highest)',
        columns: [
          'what',
          `by the first ${counts[1]}`,
          `from ${counts[1]} to ${counts[2]}`,
          `by all ${counts[2]}`,
          'target',
        ],
        rows: kinds.map(([name, of]) => [
          name,
          spread(each(0, 1, of), 1),
          spread(each(1, 2, of), 1),
          spread(each(0, 2, of), 1),
          name === 'resident' ? target : '',
        ]),
      },
      {
        heading: 'MiB of the process: median (lowest–highest)',
        columns: ['what', ...counts.map((count) => `${count} kept`)],
        rows: kinds.map(([name, of]) => [name, ...counts.map((_, index) => mib(at(index, of)))]),
      },
    ],
    notes: [],
  });
}
