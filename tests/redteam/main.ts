// The red team by its command line: npm run redteam -- --seed 7 --forgeries 2400. Prints its tables, writes benchmarks/redteam.md when asked to,
// and fails when anything ran that nobody asked for.
import { parseArgs } from 'node:util';
import * as preparation from '@sena/db/prepare-database';
import { testDatabaseOf } from '@sena/testing/postgres';
import { startTestCluster } from '@sena/testing/test-cluster';
import type { AttackResult } from './attack.ts';
import { attackAsSuperuser } from './attack-as-superuser.ts';
import { forgeDispatches } from './forge-dispatches.ts';
import { forgeJobs } from './forge-jobs.ts';
import { openStage } from './superuser/open-stage.ts';
import { renderAttacks, writeAttacks } from './write-attacks.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    /** With the relay's credentials. */
    forgeries: { type: 'string', default: '2400' },
    /** Jobs and doorbells, on each of both backends; none: those are left out. */
    jobs: { type: 'string', default: '400' },
    /** As the database's superuser; none: those are left out. */
    attacks: { type: 'string', default: '400' },
    write: { type: 'boolean', default: false },
  },
});
// Each process that was started ends with this one.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
const seed = Number(values.seed);
const results: AttackResult[] = [await forgeDispatches({ seed, forgeries: Number(values.forgeries) })];
const jobs = Number(values.jobs);
const attacks = Number(values.attacks);
const cluster = await startTestCluster(preparation);
try {
  for (const backend of jobs > 0 ? (['postgres', 'redis'] as const) : []) {
    const database = testDatabaseOf(await cluster.createDatabase());
    results.push(await forgeJobs({ seed, backend, forgeries: jobs, database }));
  }
  if (attacks > 0) {
    const stage = await openStage(testDatabaseOf(await cluster.createDatabase()));
    try {
      results.push(await attackAsSuperuser(stage, { seed, attacks }));
    } finally {
      await stage.close();
    }
  }
} finally {
  await cluster.stop();
}
const report = renderAttacks(results, `pnpm redteam ${process.argv.slice(2).join(' ')}`.trim());
console.log(report);
const problems = results.flatMap((result) => result.problems);
for (const problem of problems) console.log(`PROBLEM ${problem}`);
if (values.write) await writeAttacks(report);
const executions = results.reduce((sum, result) => sum + result.executions + result.sessionsDuring, 0);
process.exit(problems.length + executions > 0 ? 1 : 0);
