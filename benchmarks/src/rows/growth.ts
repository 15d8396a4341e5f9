// Ten times as many nodes: how much longer a run takes, and what relay and orchestrator need in memory. Full stack, simulated nodes,
// the tenth and the whole in turns.
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import { peakResidentBytes, residentBytes } from '../measure/process-usage.ts';
import { median, spread } from '../measure/statistics.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { openStage, type Stage } from '../stage/open-stage.ts';
import { readRun } from '../stage/read-run.ts';
import { runCommand } from '../stage/run-command.ts';
import type { Child } from '../stage/start-child.ts';
import { type SimulatedNodes, startSimulatedNodes } from '../stage/start-simulated-nodes.ts';
import { joinFleet } from './simulated-fleet.ts';

const command = 'uname -a';
const watched = ['relay', 'orchestrator', 'signer', 'gateway'] as const;

export interface GrowthOptions {
  /** The whole; a tenth of it is the other size. */
  nodes: number;
  satellites: number;
  processes: number;
  repetitions: number;
}

export async function measureGrowth(options: GrowthOptions): Promise<void> {
  const { nodes, satellites, processes, repetitions } = options;
  if (satellites % 10 !== 0 || nodes % satellites !== 0)
    throw new Error(
      'A tenth has to come out even: give --satellites as a multiple of 10, and --nodes as one of these.',
    );
  const loadBefore = loadAverage();
  const stage = await openStage();
  let simulated: SimulatedNodes | null = null;
  let joined: Child[] = [];
  const tenth: number[] = [];
  const whole: number[] = [];
  const memory: string[][] = [];
  const series: string[][] = [];
  let reading: string[][] = [];
  try {
    simulated = await startSimulatedNodes(nodes);
    const { privateKey } = makeSshKey('benchmark');
    joined = await joinFleet(stage, simulated, { satellites, processes, privateKey, profileDirectory: null });
    memory.push(memoryRow(stage, 'all satellites connected, before the first run'));
    for (let warm = 0; warm < 2; warm += 1) {
      await runCommand(stage, command, nodes / 10, 'part=tenth');
      if (warm === 0) memory.push(memoryRow(stage, `after a run of ${nodes / 10}`));
      await runCommand(stage, command, nodes);
    }
    memory.push(memoryRow(stage, `after two runs of ${nodes}`));
    let lastRun = '';
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      tenth.push((await runCommand(stage, command, nodes / 10, 'part=tenth')).storedSeconds);
      const run = await runCommand(stage, command, nodes);
      whole.push(run.storedSeconds);
      lastRun = run.runId;
      series.push(memoryRow(stage, String(repetition + 1)));
      console.log(
        `run ${repetition + 1}: ${nodes / 10} nodes ${tenth.at(-1)?.toFixed(3)} s, ${nodes} nodes ${whole.at(-1)?.toFixed(3)} s`,
      );
    }
    memory.push(memoryRow(stage, `after ${repetitions + 2} runs of ${nodes}`));
    reading = await readRun(stage, lastRun);
    memory.push(memoryRow(stage, 'after that run was read page by page'));
  } catch (error) {
    stage.showComplaints();
    throw error;
  } finally {
    await Promise.all(joined.map((child) => child.stop()));
    await simulated?.stop();
    await stage.close();
  }
  await writeResult({
    name: 'growth',
    title: 'Growth: ten times as many nodes',
    command: `growth --nodes ${nodes} --satellites ${satellites} --processes ${processes} --repetitions ${repetitions}`,
    about: [
      `\`${command}\` through real satellites on simulated nodes: ${nodes / 10} of them behind ${satellites / 10} satellites, then ${nodes} behind ${satellites}, in turns, warm. From`,
      '`POST /v1/runs` to the last outcome committed. Memory is resident memory, now and at its highest.',
    ],
    loadBefore,
    tables: [
      {
        heading: 'Seconds: median (lowest–highest)',
        columns: ['what', 'seconds', 'against the tenth', 'target'],
        rows: [
          [`${nodes / 10} nodes`, spread(tenth), '1', ''],
          [`${nodes} nodes`, spread(whole), (median(whole) / median(tenth)).toFixed(2), '≤ 11'],
        ],
      },
      { heading: 'Memory, MiB: now (highest)', columns: ['when', ...watched], rows: memory },
      { heading: 'The same after each repetition', columns: ['repetition', ...watched], rows: series },
      {
        heading: `What reading a run of ${nodes} takes: a page of each`,
        columns: ['request', 'milliseconds', 'KiB'],
        rows: reading,
      },
    ],
    notes: [],
  });
}

function memoryRow(stage: Stage, when: string): string[] {
  return [
    when,
    ...watched.map((name) => {
      const pid = stage.stack.processes[name].pid() ?? 0;
      return `${(residentBytes(pid) / 2 ** 20).toFixed(0)} (${(peakResidentBytes(pid) / 2 ** 20).toFixed(0)})`;
    }),
  ];
}
