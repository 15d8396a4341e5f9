// `uname -a` on real sshd hosts, warm or cold: SENA's full stack in turns with what people would use instead, on the same hosts.
import { setTimeout as sleep } from 'node:timers/promises';
import { median, spread } from '../measure/statistics.ts';
import { type ProcessUse, watchProcesses } from '../measure/watch-processes.ts';
import { loadAverage, writeResult } from '../measure/write-result.ts';
import { addNodes, addSite, settleStatistics } from '../stage/arrange-fleet.ts';
import { type JoinedSatellite, joinSatellite } from '../stage/join-satellite.ts';
import { openStage } from '../stage/open-stage.ts';
import { runCommand } from '../stage/run-command.ts';
import { findPeers, runFloor, runPeers } from '../stage/run-peers.ts';
import { startSshdFleet } from '../stage/start-sshd-fleet.ts';
import { timelineOfRun } from '../stage/timeline-of-run.ts';

const command = 'uname -a';
const concurrency = 50;

/** Target: SENA's time against the opponent's. `faster`: at least so many times; `slower`: at most so many times as long. */
const targets = {
  warm: {
    'ansible-raw': '≥ 12x faster',
    'ansible-shell': '≥ 40x faster',
    clush: '≥ 2x faster',
    'raw ssh2': '≤ 1.15x its time',
  },
  cold: { 'ansible-raw': '≥ 5x faster', 'ssh-curve25519': '≥ 1.15x faster', 'raw ssh2': '≤ 1.15x its time' },
} as const;

export interface FanOutOptions {
  mode: 'warm' | 'cold';
  nodes: number;
  repetitions: number;
  baselines: string | undefined;
  profileDirectory: string | null;
  /** Without the peers: SENA and raw ssh2 alone, for a look at one change. */
  floorOnly: boolean;
}

export async function measureFanOut(options: FanOutOptions): Promise<void> {
  const { mode, nodes, repetitions, baselines, profileDirectory, floorOnly } = options;
  const runners = await findPeers(baselines);
  const loadBefore = loadAverage();
  const stage = await openStage({ profileDirectory });
  let fleet: Awaited<ReturnType<typeof startSshdFleet>> | null = null;
  let satellite: JoinedSatellite | null = null;
  const sena: number[] = [];
  const others = new Map<string, number[]>();
  const note = (name: string, seconds: number) => others.set(name, [...(others.get(name) ?? []), seconds]);
  let uses: ProcessUse[] = [];
  let timeline: string[][] = [];
  let floorCpu = 0;
  try {
    fleet = await startSshdFleet(nodes, stage.directory);
    const { port, user, keyFile, knownHosts } = fleet;
    const siteId = await addSite(stage, 'hall');
    await addNodes(
      stage,
      siteId,
      fleet.addresses.map((address, index) => ({
        name: `node-${String(index + 1).padStart(4, '0')}`,
        address,
        port,
        runAs: user,
        hostKey: null,
      })),
    );
    await settleStatistics(stage);
    satellite = await joinSatellite(stage, {
      siteId,
      name: 'hall-1',
      config: {
        credentials: { default: { privateKeyFile: keyFile } },
        // Warm: as long as the others' ControlPersist. Cold: no connection outlives its command for long.
        limits: { startingMax: concurrency, connectionIdleMs: mode === 'warm' ? 600_000 : 1_000 },
      },
      knownHosts,
      nodeOptions: profileDirectory === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profileDirectory}`],
    });
    await runCommand(stage, command, nodes);
    if (mode === 'warm') await runCommand(stage, command, nodes);
    await stage.forget();
    for (let repetition = 0; repetition < repetitions; repetition += 1) {
      if (mode === 'cold') await untilNoConnection(satellite);
      const stop = watchProcesses(stage, { satellite: satellite.pid });
      const run = await runCommand(stage, command, nodes);
      uses = stop();
      timeline = await timelineOfRun(stage, run.runId);
      sena.push(run.storedSeconds);
      const floor = await runFloor(runners, fleet, concurrency);
      floorCpu = floor.cpuMsPerHost;
      note('raw ssh2', floor[mode]);
      if (!floorOnly)
        for (const [tool, seconds] of await runPeers(runners, fleet, mode, concurrency)) note(tool, seconds);
      console.log(
        `repetition ${repetition + 1}: SENA ${run.storedSeconds.toFixed(3)} s; ${[...others].map(([name, all]) => `${name} ${all.at(-1)?.toFixed(2)}`).join(', ')}`,
      );
    }
  } catch (error) {
    stage.showComplaints();
    throw error;
  } finally {
    await satellite?.stop();
    await fleet?.stop();
    await stage.close();
  }
  const target = (name: string) => (targets[mode] as Record<string, string>)[name] ?? '';
  const against = (all: readonly number[]) => {
    const ratio = median(all) / median(sena);
    return ratio >= 1 ? `${ratio.toFixed(2)}x faster` : `${(1 / ratio).toFixed(2)}x its time`;
  };
  await writeResult({
    name: `${mode}-fan-out`,
    title: mode === 'warm' ? 'Warm fan-out on real sshd hosts' : 'Cold fan-out on real sshd hosts',
    command: `${mode}-fan-out --nodes ${nodes} --repetitions ${repetitions} --baselines DIRECTORY${floorOnly ? ' --floor-only' : ''}`,
    about: [
      `\`${command}\` on ${nodes} addresses of real sshd on this machine, at most ${concurrency} beginning at once, ${mode === 'warm' ? 'connections kept' : 'every connection new'}. SENA: from`,
      '`POST /v1/runs` to the last outcome committed, one satellite, everything on (key check, policy, queue, signature, tunnel, journal,',
      'host keys, audit). The others: as the baseline runners time them, in turns with SENA.',
      ...(mode === 'cold'
        ? [
            'OpenSSH’s own default (`ssh`) is a post-quantum key exchange; SENA and raw ssh2 use curve25519, as `ssh-curve25519` does.',
          ]
        : []),
    ],
    loadBefore,
    tables: [
      {
        heading: 'Seconds: median (lowest–highest)',
        columns: ['what', 'seconds', 'commands/s', 'SENA is', 'target'],
        rows: [
          ['SENA', spread(sena), (nodes / median(sena)).toFixed(0), '', ''],
          ...[...others]
            .sort((a, b) => median(a[1]) - median(b[1]))
            .map(([name, all]) => [name, spread(all), (nodes / median(all)).toFixed(0), against(all), target(name)]),
        ],
      },
      {
        heading: 'What SENA’s processes used in the last run',
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
    notes: [
      `raw ssh2 used ${((floorCpu * nodes) / 1_000).toFixed(2)} s of CPU in its last warm round, its process alone.`,
    ],
  });
}

/** Its status is written every few seconds. */
async function untilNoConnection(satellite: JoinedSatellite): Promise<void> {
  const askedAtMs = Date.now();
  for (let attempt = 0; attempt < 300; attempt += 1) {
    const { open, atMs } = await satellite.connections();
    if (open === 0 && atMs > askedAtMs) return;
    await sleep(200);
  }
  throw new Error('The satellite keeps its connections.');
}
