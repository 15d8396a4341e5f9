// Whether memory levels off: the same run again and again, and what relay, orchestrator, signer and gateway need after each. Full stack,
// simulated nodes. Times are not measured, so other work on the machine does no harm.
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import { collectGarbage } from '../measure/collect-garbage.ts';
import { peakResidentBytes, residentBytes } from '../measure/process-usage.ts';
import { median } from '../measure/statistics.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { openStage, type Stage } from '../stage/open-stage.ts';
import { runCommand } from '../stage/run-command.ts';
import type { Child } from '../stage/start-child.ts';
import { type SimulatedNodes, startSimulatedNodes } from '../stage/start-simulated-nodes.ts';
import { joinFleet } from './simulated-fleet.ts';

const command = 'uname -a';
/** The first reading of what is used comes behind so many runs: code is loaded and caches have begun. */
const warmRuns = 5;
const watched = ['relay', 'orchestrator', 'signer', 'gateway'] as const;

export interface MemoryOptions {
  nodes: number;
  satellites: number;
  processes: number;
  repetitions: number;
}

export async function measureMemory(options: MemoryOptions): Promise<void> {
  const { nodes, satellites, processes, repetitions } = options;
  if (nodes % satellites !== 0) throw new Error('Give --nodes as a multiple of --satellites.');
  if (repetitions < 15)
    throw new Error('Whether something levels off is not seen in so few: give --repetitions of at least 15.');
  const loadBefore = loadAverage();
  const stage = await openStage();
  let simulated: SimulatedNodes | null = null;
  let joined: Child[] = [];
  const series: number[][] = [];
  let early: string[] = [];
  let late: string[] = [];
  let highest: string[] = [];
  try {
    simulated = await startSimulatedNodes(nodes);
    const { privateKey } = makeSshKey('benchmark');
    joined = await joinFleet(stage, simulated, { satellites, processes, privateKey, profileDirectory: null });
    for (let repetition = 1; repetition <= repetitions; repetition += 1) {
      await runCommand(stage, command, nodes);
      series.push(watched.map((name) => residentBytes(pidOf(stage, name)) / 2 ** 20));
      console.log(`run ${repetition}: ${rounded(series.at(-1)).join(', ')} MiB`);
      if (repetition === warmRuns) early = await usedMib(stage);
    }
    highest = watched.map((name) => (peakResidentBytes(pidOf(stage, name)) / 2 ** 20).toFixed(0));
    late = await usedMib(stage);
  } catch (error) {
    stage.showComplaints();
    throw error;
  } finally {
    await Promise.all(joined.map((child) => child.stop()));
    await simulated?.stop();
    await stage.close();
  }
  const third = Math.floor(repetitions / 3);
  const medianOf = (runs: number[][]) => watched.map((_, index) => median(runs.map((run) => run[index] ?? Number.NaN)));
  const [second, last] = [medianOf(series.slice(third, 2 * third)), medianOf(series.slice(-third))];
  await writeResult({
    name: 'memory',
    title: `Memory: ${repetitions} runs of ${nodes} nodes, one after another`,
    command: `memory --nodes ${nodes} --satellites ${satellites} --processes ${processes} --repetitions ${repetitions}`,
    about: [
      `\`${command}\` through ${satellites} real satellites on simulated nodes, ${nodes * repetitions} commands in all. Resident memory of each process as a run ends; what its`,
      'JavaScript uses (heap and buffers of the main thread) is read after its garbage is collected, twice only, since collecting changes what comes after.',
    ],
    loadBefore,
    tables: [
      {
        heading: 'MiB',
        columns: ['what', ...watched],
        rows: [
          [`resident, median of runs ${third + 1} to ${2 * third}`, ...rounded(second)],
          [`resident, median of the last ${third} runs`, ...rounded(last)],
          [
            'the last of these against the one before',
            ...last.map((value, index) => (value / (second[index] ?? Number.NaN)).toFixed(2)),
          ],
          ['resident, highest', ...highest],
          [`used after run ${warmRuns}, garbage collected`, ...early],
          [`used after run ${repetitions}, garbage collected`, ...late],
        ],
      },
      {
        heading: 'Resident memory after each run, MiB',
        columns: ['run', ...watched],
        rows: series.map((run, index) => [String(index + 1), ...rounded(run)]),
      },
    ],
    notes: [],
  });
}

const pidOf = (stage: Stage, name: (typeof watched)[number]) => stage.stack.processes[name].pid() ?? 0;

const rounded = (values: readonly number[] = []) => values.map((value) => value.toFixed(0));

async function usedMib(stage: Stage): Promise<string[]> {
  const used: string[] = [];
  for (const name of watched) {
    const { heapUsed, external } = await collectGarbage(pidOf(stage, name));
    used.push(((heapUsed + external) / 2 ** 20).toFixed(1));
  }
  return used;
}
