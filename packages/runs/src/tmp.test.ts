import { inOrganization } from '@sena/db/tenant';
import { test } from 'vitest';
import { exited, openBench } from './fixtures/open-bench.ts';
import { recordResults } from './record-results.ts';

test('x', async () => {
  const bench = await openBench();
  const fleet = await bench.seedFleet();
  for (const n of [1000, 4000, 10000, 10000]) {
    const nodes = Array.from({ length: n }, (_, i) => ({ ...fleet.nodes[0], nodeId: `node_${i}`, name: `${i}` }));
    let t = performance.now();
    const d = await bench.writeDispatch(fleet, await bench.createRun(fleet), { nodes: nodes as never });
    console.log('write', n, performance.now() - t);
    await bench.markSent(d);
    const ids = await bench.executionsOf(d);
    const sat = fleet.satellites[0]!.id;
    t = performance.now();
    for (let i = 0; i < n; i += 1000) {
      await inOrganization(bench.relay, fleet.organizationId, (tx) =>
        recordResults(
          tx,
          ids.slice(i, i + 1000).map((id) => exited(sat, id)),
          'x',
        ),
      );
    }
    console.log('record in 1000s', n, performance.now() - t);
  }
  // in one
  const nodes = Array.from({ length: 4000 }, (_, i) => ({ ...fleet.nodes[0], nodeId: `node_${i}`, name: `${i}` }));
  const d = await bench.writeDispatch(fleet, await bench.createRun(fleet), { nodes: nodes as never });
  await bench.markSent(d);
  const ids = await bench.executionsOf(d);
  const t = performance.now();
  await inOrganization(bench.relay, fleet.organizationId, (tx) =>
    recordResults(
      tx,
      ids.map((id) => exited(fleet.satellites[0]!.id, id)),
      'x',
    ),
  );
  console.log('record 4000 at once', performance.now() - t);
  await bench.admin.query("load 'auto_explain'");
}, 120000);
