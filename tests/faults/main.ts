// The harness by its command line: pnpm faults --seed 7 --count 2000 --backend both. Writes benchmarks/faults.md when asked to.
import { parseArgs } from 'node:util';
import { type Backend, cellsFor } from './cells.ts';
import { renderReport, writeReport } from './report/write-report.ts';
import { type FaultsResult, runFaults } from './run-faults.ts';
import { type KindName, kindNames } from './trial/command-kinds.ts';
import { startWorld } from './world/start-world.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    backend: { type: 'string', default: 'both' },
    only: { type: 'string' },
    kind: { type: 'string' },
    trial: { type: 'string' },
    lanes: { type: 'string', default: '8' },
    /** So many of the lanes have two satellites. */
    paired: { type: 'string' },
    nodes: { type: 'string', default: '2' },
    'cloud-gap-ms': { type: 'string', default: '3000' },
    'for-minutes': { type: 'string' },
    /** One fault a trial. */
    single: { type: 'boolean', default: false },
    'list-cells': { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const say = (line: string) => console.log(line);

const backends: Backend[] =
  values.backend === 'both' ? ['postgres', 'redis'] : values.backend === 'redis' ? ['redis'] : ['postgres'];
if (values['list-cells']) {
  for (const { id } of cellsFor('redis')) say(id);
  process.exit(0);
}
if (values.kind !== undefined && !kindNames.some((name) => name === values.kind)) {
  throw new Error(`There is no kind of command ${values.kind}. There are: ${kindNames.join(', ')}`);
}
const trial = values.trial === undefined ? undefined : Number(values.trial);
const results: FaultsResult[] = [];
for (const backend of backends) {
  say(`${backend}: starting the world (${values.lanes} sites, ${values.nodes} nodes each)`);
  const startedAtMs = performance.now();
  const world = await startWorld({
    ...{ backend, nodesPerLane: Number(values.nodes), say },
    lanes: trial === undefined ? Number(values.lanes) : 1,
    // A trial that is run again says itself whether it wants two.
    pairedLanes: Number(values.paired ?? (trial === undefined ? 2 : 0)),
  });
  const stop = () => {
    void world.stop().then(() => process.exit(130));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  say(`${backend}: started in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s, seed ${values.seed}`);
  try {
    const result = await runFaults(world, {
      ...{ seed: Number(values.seed), only: values.only, kind: values.kind as KindName | undefined, say },
      count: trial === undefined ? Math.ceil(Number(values.count) / backends.length) : 1,
      cloudGapMs: Number(values['cloud-gap-ms']),
      faultsATrialMax: values.single ? 1 : 4,
      ...(trial === undefined ? {} : { startsAtTrial: trial }),
      stopAt:
        values['for-minutes'] === undefined
          ? undefined
          : new Date(Date.now() + (Number(values['for-minutes']) / backends.length) * 60_000),
    });
    results.push(result);
    if (values.log) {
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
if (values.write) await writeReport(report.markdown);
process.exit(report.violations > 0 ? 1 : 0);
