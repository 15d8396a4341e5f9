// Thousands of simulated nodes through many satellites, warm: SENA's full stack in turns with a bare tunnel and ssh2 on the same
// nodes, at the same concurrency, with as many processes.
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { makeSshKey } from '@sena/lab/state/make-ssh-key';
import { median, spread } from '../measure/statistics.ts';
import { type ProcessUse, watchProcesses } from '../measure/watch-processes.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { type Prototype, startPrototype } from '../prototype/start-prototype.ts';
import { addNodes, addSite, settleStatistics } from '../stage/arrange-fleet.ts';
import { openStage, type Stage } from '../stage/open-stage.ts';
import { runCommand } from '../stage/run-command.ts';
import type { Child } from '../stage/start-child.ts';
import { startSatellites } from '../stage/start-satellites.ts';
import { type SimulatedNodes, startSimulatedNodes } from '../stage/start-simulated-nodes.ts';
import { timelineOfRun } from '../stage/timeline-of-run.ts';

const command = 'uname -a';
const concurrency = 50;

export interface SimulatedFleetOptions {
  nodes: number;
  satellites: number;
  processes: number;
  repetitions: number;
  profileDirectory: string | null;
}

export async function measureSimulatedFleet(options: SimulatedFleetOptions): Promise<void> {
  const { nodes, satellites, processes, repetitions, profileDirectory } = options;
  const loadBefore = loadAverage();
  const stage = await openStage({ profileDirectory });
  let simulated: SimulatedNodes | null = null;
  let prototype: Prototype | null = null;
  let joined: Child[] = [];
  const sena: number[] = [];
  const bare: number[] = [];
  let uses: ProcessUse[] = [];
  let timeline: string[][] = [];
  try {
    simulated = await startSimulatedNodes(nodes);
    const key = makeSshKey('benchmark');
    prototype = await startPrototype({ satellites, processes, concurrency, privateKey: key.privateKey });
    joined = await joinFleet(stage, simulated, { satellites, processes, privateKey: key.privateKey, profileDirectory });
    for (let warm = 0; warm < 2; warm += 1) {
      await runCommand(stage, command, nodes);
      await prototype.run(command, simulated.addresses, simulated.port);
    }
    await stage.forget();
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      const others = Object.fromEntries([
        ...joined.map((child, index) => [`satellites ${index + 1}`, child.pid]),
        ...simulated.processes.map((child, index) => [`nodes (simulated) ${index + 1}`, child.pid]),
      ]);
      const stop = watchProcesses(stage, others);
      const run = await runCommand(stage, command, nodes);
      sena.push(run.storedSeconds);
      uses = stop();
      timeline = await timelineOfRun(stage, run.runId);
      const ofPrototype = prototype.satellites.map((child, index) => [
        `prototype's satellites ${index + 1}`,
        child.pid,
      ]);
      const stopBare = watchProcesses(stage, Object.fromEntries(ofPrototype));
      bare.push(await prototype.run(command, simulated.addresses, simulated.port));
      uses.push(...stopBare().filter((use) => use.name.startsWith('prototype')));
      console.log(`run ${repetition + 1}: SENA ${sena.at(-1)?.toFixed(3)} s, prototype ${bare.at(-1)?.toFixed(3)} s`);
    }
  } catch (error) {
    stage.showComplaints();
    throw error;
  } finally {
    await Promise.all(joined.map((child) => child.stop()));
    await prototype?.stop();
    await simulated?.stop();
    await stage.close();
  }
  await writeResult({
    name: 'simulated-fleet',
    title: `${nodes} simulated nodes through ${satellites} satellites, warm`,
    command: `simulated-fleet --nodes ${nodes} --satellites ${satellites} --processes ${processes} --repetitions ${repetitions}`,
    about: [
      `\`${command}\` on ${nodes} SSH servers that answer at once. SENA: from \`POST /v1/runs\` to the last outcome committed, everything on, a site and`,
      `a journal for each satellite, ${processes} processes of satellites. The prototype: tunnel and ssh2 and nothing else (no queue, policy, signature,`,
      `journal, host keys, database), ${processes} processes of satellites; until its relay has counted the last answer. Both keep their connections`,
      `and begin at most ${concurrency} commands at once in each satellite.`,
    ],
    loadBefore,
    tables: [
      {
        heading: 'Seconds: median (lowest–highest)',
        columns: ['what', 'seconds', 'commands/s', 'against the prototype', 'target'],
        rows: [
          [
            'SENA',
            spread(sena),
            (nodes / median(sena)).toFixed(0),
            spread(
              sena.map((value, index) => value / (bare[index] ?? Number.NaN)),
              2,
            ),
            '≤ 1.25',
          ],
          ['bare tunnel and ssh2', spread(bare), (nodes / median(bare)).toFixed(0), '1', ''],
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
    notes: [],
  });
}

/** A site for each satellite, the same number of nodes at each. Those of the first tenth are labelled so. */
export async function joinFleet(
  stage: Stage,
  simulated: SimulatedNodes,
  options: { satellites: number; processes: number; privateKey: string; profileDirectory: string | null },
): Promise<Child[]> {
  const { satellites, processes, privateKey, profileDirectory } = options;
  const { addresses, port, hostKey } = simulated;
  const privateKeyFile = path.join(stage.directory, 'user_key');
  await writeFile(privateKeyFile, privateKey, { mode: 0o600 });
  const places = [];
  for (let index = 0; index < satellites; index += 1) {
    const siteId = await addSite(stage, `site-${index + 1}`);
    places.push({ name: `satellite-${index + 1}`, siteId });
    const first = Math.floor((index * addresses.length) / satellites);
    const own = addresses.slice(first, Math.floor(((index + 1) * addresses.length) / satellites));
    await addNodes(
      stage,
      siteId,
      own.map((address, place) => ({
        labels: { part: first < addresses.length / 10 ? 'tenth' : 'rest' },
        name: `node-${String(first + place + 1).padStart(5, '0')}`,
        address,
        port,
        runAs: 'root',
        hostKey,
      })),
    );
  }
  await settleStatistics(stage);
  return startSatellites(stage, places, {
    processes,
    config: {
      credentials: { default: { privateKeyFile } },
      // As patient as the prototype: the first connections of all nodes are opened at once.
      limits: { startingMax: concurrency, connectionIdleMs: 3_600_000, connectTimeoutMs: 120_000 },
    },
    nodeOptions: profileDirectory === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`],
  });
}
