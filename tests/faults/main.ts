// The harness by its command line: pnpm faults --seed 7 --count 2000 --backend both. Writes benchmarks/faults.md when asked to.
import { cellsFor } from './cells.ts';
import { readOptions } from './read-options.ts';
import { renderReport, writeReport } from './report/write-report.ts';
import { type FaultsResult, runFaults } from './run-faults.ts';
import { startWorld } from './world/start-world.ts';

const options = readOptions(process.argv.slice(2));
const { backends, lanes, nodesPerLane, pairedLanes, trial, seed } = options;
const say = (line: string) => console.log(line);
if (options.does === 'list-cells') {
  for (const { id } of cellsFor('redis')) say(id);
  process.exit(0);
}
const results: FaultsResult[] = [];
for (const backend of backends) {
  say(`${backend}: starting the world (${lanes} sites, ${nodesPerLane} nodes each)`);
  const startedAtMs = performance.now();
  const world = await startWorld({ backend, nodesPerLane, say, lanes, pairedLanes });
  const stop = () => {
    void world.stop().then(() => process.exit(130));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  say(`${backend}: started in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s, seed ${seed}`);
  try {
    const result = await runFaults(world, {
      ...{ seed, only: options.only, kind: options.kind, trial, beside: options.beside, nodesPerLane, say },
      count: Math.ceil(options.count / backends.length),
      cloudGapMs: options.cloudGapMs,
      faultsATrialMax: options.faultsATrialMax,
      reached: new Set(results.flatMap(({ cloudFaults }) => cloudFaults.filter(({ hasFired }) => hasFired).map(idOf))),
      stopAt:
        options.forMinutes === undefined
          ? undefined
          : new Date(Date.now() + (options.forMinutes / backends.length) * 60_000),
    });
    results.push(result);
    if (options.log) {
      for (const lane of world.lanes) say(`\n--- ${lane.name}\n${lane.satellite.log()}`);
      say(`\n--- cloud\n${world.log()}`);
    }
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await world.stop();
  }
}
const command = `pnpm faults ${process.argv.slice(2).join(' ')}`;
const report = renderReport(results, command);
say(report.summary);
if (options.write) await writeReport(report.markdown);
process.exit(report.violations > 0 ? 1 : 0);

function idOf({ cell }: FaultsResult['cloudFaults'][number]): string {
  return cell.id;
}
