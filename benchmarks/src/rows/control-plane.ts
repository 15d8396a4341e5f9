// The control plane alone: everything from POST /v1/runs to the last outcome stored, with satellites that answer at once, against
// COPY of the same rows into tables of the same layout, in turns.

import { median, spread } from '../measure/statistics.ts';
import { type ProcessUse, watchProcesses } from '../measure/watch-processes.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { addNodes, addSatellites, addSite, settleStatistics } from '../stage/arrange-fleet.ts';
import { openStage, type Stage } from '../stage/open-stage.ts';
import { runCommand } from '../stage/run-command.ts';
import { startScriptedSatellites } from '../stage/start-scripted-satellites.ts';
import { timelineOfRun } from '../stage/timeline-of-run.ts';
import { copyRowsOfRun } from './copy-rows-of-run.ts';

export interface ControlPlaneOptions {
  nodes: number;
  satellites: number;
  repetitions: number;
  profileDirectory: string | null;
}

const command = 'uname -a';

export async function measureControlPlane(options: ControlPlaneOptions): Promise<void> {
  const { nodes, satellites, repetitions, profileDirectory } = options;
  const loadBefore = loadAverage();
  const stage = await openStage({ profileDirectory });
  const scripted = await connectFleet(stage, nodes, satellites);
  const stored: number[] = [];
  const reported: number[] = [];
  const recorded: number[] = [];
  const copied: Array<{ all: number; outcomes: number }> = [];
  let uses: ProcessUse[] = [];
  let timeline: string[][] = [];
  try {
    // Once for the caches of everything, not counted.
    await runCommand(stage, command, nodes);
    await stage.forget();
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const stop = watchProcesses(stage, { 'satellites (scripted)': scripted.pid });
      const run = await runCommand(stage, command, nodes);
      uses = stop();
      timeline = await timelineOfRun(stage, run.runId);
      const copy = await copyRowsOfRun(stage, run.runId);
      stored.push(run.storedSeconds);
      reported.push(run.reportedSeconds);
      recorded.push(await secondsOfRecording(stage, run.runId));
      copied.push({ all: copy.allSeconds, outcomes: copy.outcomesSeconds });
      console.log(
        `run ${repetition + 1}: stored ${run.storedSeconds.toFixed(3)} s, reported ${run.reportedSeconds.toFixed(3)} s, COPY ${copy.allSeconds.toFixed(3)} s (${copy.rows} rows), of outcomes ${copy.outcomesSeconds.toFixed(3)} s`,
      );
    }
    const ratio = (own: readonly number[], peer: readonly number[]) =>
      spread(
        own.map((value, index) => value / (peer[index] ?? Number.NaN)),
        2,
      );
    const all = copied.map((copy) => copy.all);
    await writeResult({
      name: 'control-plane',
      title: 'The control plane alone',
      command: `control-plane --nodes ${nodes} --satellites ${satellites} --repetitions ${repetitions}`,
      about: [
        `One command on ${nodes} nodes behind ${satellites} satellites that answer at once: real tunnels, real frames (acknowledgement, start,`,
        'output, result), no node behind them. From `POST /v1/runs` until the last outcome is committed: key check, policy, queue, planning,',
        'executions, signatures, tunnel, results in batches, audit. PostgreSQL syncs to disk. The opponent is COPY, by the superuser and without',
        'row-level security, of every row that this run had written, into tables of the same layout (columns, keys, indexes, checks).',
      ],
      loadBefore,
      tables: [
        {
          heading: 'Seconds: median (lowest–highest)',
          columns: ['what', 'seconds', 'against COPY of the same rows', 'target'],
          rows: [
            ['SENA, POST to last outcome stored', spread(stored), ratio(stored, all), '≤ 5, aim 3'],
            ['of that: first outcome stored to last', spread(recorded), ratio(recorded, all), ''],
            ['SENA, POST to report written', spread(reported), ratio(reported, all), ''],
            ['COPY of all rows of the run', spread(all), '1', ''],
            [
              'COPY of its outcomes alone',
              spread(copied.map((copy) => copy.outcomes)),
              ratio(
                copied.map((copy) => copy.outcomes),
                all,
              ),
              '',
            ],
          ],
        },
        {
          heading: 'What the processes used in the last run',
          columns: ['process', 'CPU seconds', 'memory MiB', 'highest MiB'],
          rows: uses.map((use) => [
            use.name,
            use.cpuSeconds.toFixed(2),
            use.residentMib.toFixed(0),
            use.peakMib.toFixed(0),
          ]),
        },
        {
          heading: 'Where the time went in the last run, milliseconds',
          columns: ['event', 'first', 'last', 'how many'],
          rows: timeline,
        },
      ],
      notes: [`${nodes} nodes, ${(nodes / median(stored)).toFixed(0)} results/s from POST to stored.`],
    });
  } catch (error) {
    stage.showComplaints();
    throw error;
  } finally {
    await scripted.stop();
    await stage.close();
  }
}

/** A site for each satellite, as many nodes at each as come out even. */
export async function connectFleet(stage: Stage, nodes: number, satellites: number) {
  const identities = [];
  for (let index = 0; index < satellites; index += 1) {
    const siteId = await addSite(stage, `site-${index + 1}`);
    identities.push(...(await addSatellites(stage, siteId, 1)));
    const first = Math.floor((index * nodes) / satellites);
    const last = Math.floor(((index + 1) * nodes) / satellites);
    await addNodes(
      stage,
      siteId,
      Array.from({ length: last - first }, (_, place) => ({
        name: `node-${String(first + place + 1).padStart(5, '0')}`,
        address: `10.${index & 255}.${place >> 8}.${place & 255}`,
        port: 22,
        runAs: 'sena',
        hostKey: null,
      })),
    );
  }
  await settleStatistics(stage);
  return startScriptedSatellites(stage.tunnelUrl, identities);
}

/** By the clock of PostgreSQL: the transactions of the first and the last batch began. */
async function secondsOfRecording(stage: Stage, runId: string): Promise<number> {
  const found = await stage.admin.query<{ seconds: string }>(
    'select extract(epoch from max(recorded_at) - min(recorded_at)) as seconds from outcomes where run_id = $1',
    [runId],
  );
  return Number(found.rows[0]?.seconds ?? Number.NaN);
}
