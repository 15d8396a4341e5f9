// `pnpm benchmarks <name> [--option value]`: starts what the benchmark needs, measures, writes results/<name>.md, leaves nothing.
import { mkdir } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { summarizeProfiles } from './measure/summarize-profiles.ts';
import { printResultsOnly } from './measure/write-result.ts';
import { measureControlPlane } from './rows/control-plane.ts';
import { measureFanOut } from './rows/fan-out.ts';
import { measureGrowth } from './rows/growth.ts';
import { measureMemory } from './rows/memory.ts';
import { measureSimulatedFleet } from './rows/simulated-fleet.ts';
import { measureSshConnections } from './rows/ssh-connections.ts';
import { measureTunnels } from './rows/tunnels.ts';
import { measureVerifyAudit } from './rows/verify-audit.ts';
import { undoEverything } from './stage/leave-nothing.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    nodes: { type: 'string' },
    satellites: { type: 'string' },
    tunnels: { type: 'string' },
    records: { type: 'string' },
    processes: { type: 'string' },
    repetitions: { type: 'string', default: '5' },
    baselines: { type: 'string' },
    'floor-only': { type: 'boolean', default: false },
    'profile-directory': { type: 'string' },
  },
});

const repetitions = Number(values.repetitions);
const profileDirectory = values['profile-directory'] ?? null;
const count = (text: string | undefined, usual: number) => (text === undefined ? usual : Number(text));

const benchmarks: Record<string, () => Promise<void>> = {
  'control-plane': () =>
    measureControlPlane({
      nodes: count(values.nodes, 10_000),
      satellites: count(values.satellites, 100),
      repetitions,
      profileDirectory,
    }),
  'simulated-fleet': () =>
    measureSimulatedFleet({
      nodes: count(values.nodes, 10_000),
      satellites: count(values.satellites, 100),
      processes: count(values.processes, 2),
      repetitions,
      profileDirectory,
    }),
  growth: () =>
    measureGrowth({
      nodes: count(values.nodes, 10_000),
      satellites: count(values.satellites, 100),
      processes: count(values.processes, 2),
      repetitions,
    }),
  memory: () =>
    measureMemory({
      nodes: count(values.nodes, 2_000),
      satellites: count(values.satellites, 20),
      processes: count(values.processes, 2),
      repetitions,
    }),
  tunnels: () => measureTunnels({ tunnels: count(values.tunnels, 10_000), repetitions, profileDirectory }),
  'ssh-connections': () => measureSshConnections({ connections: count(values.nodes, 300), repetitions }),
  'verify-audit': () => measureVerifyAudit({ records: count(values.records, 1_000_000), repetitions }),
  'warm-fan-out': () => fanOut('warm', 300),
  'cold-fan-out': () => fanOut('cold', 100),
};

function fanOut(mode: 'warm' | 'cold', usualNodes: number): Promise<void> {
  return measureFanOut({
    mode,
    nodes: count(values.nodes, usualNodes),
    repetitions,
    baselines: values.baselines ?? process.env.SENA_BASELINES,
    profileDirectory,
    floorOnly: values['floor-only'],
  });
}

const [name = ''] = positionals;
const benchmark = benchmarks[name];
if (benchmark === undefined) {
  console.error(`Name one of: ${Object.keys(benchmarks).join(', ')}.`);
  process.exit(1);
}

let isLeaving = false;
for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  // Once: a second signal of the kind ends it there and then.
  process.once(signal, () => {
    console.error('Stopping what this benchmark has started…');
    isLeaving = true;
    void undoEverything().then(() => process.exit(code));
  });
}
if (profileDirectory !== null) {
  await mkdir(profileDirectory, { recursive: true });
  printResultsOnly();
}
try {
  await benchmark();
} catch (error) {
  // What is taken away from under it is no failure: the handler above ends the process.
  if (!isLeaving) console.error(error);
  process.exitCode = 1;
}
await undoEverything();
// They are written as each process ends.
if (profileDirectory !== null && process.exitCode === undefined) {
  const words = process.argv.slice(2);
  const command = words
    .map((word) => (word === profileDirectory || word === values.baselines ? 'DIRECTORY' : word))
    .join(' ');
  await summarizeProfiles(name, command, profileDirectory);
}
