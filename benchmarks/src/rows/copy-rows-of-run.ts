// The floor of storing: COPY of every row that a run has written, into empty tables of the same layout, one after the other in one
// transaction. The text is made beforehand: only PostgreSQL's own work is timed.
import type { Stage } from '../stage/open-stage.ts';

const schema = 'copied';

/** Tables that a run writes to, and which rows are its own. */
const tables: ReadonlyArray<{ name: string; rows: string }> = [
  { name: 'runs', rows: 'id = $1' },
  { name: 'run_events', rows: 'run_id = $1' },
  { name: 'findings', rows: 'run_id = $1' },
  { name: 'policy_decisions', rows: 'run_id = $1' },
  { name: 'dispatches', rows: 'run_id = $1' },
  { name: 'dispatch_envelopes', rows: 'dispatch_id in (select id from sena.dispatches where run_id = $1)' },
  { name: 'executions', rows: 'run_id = $1' },
  { name: 'execution_starts', rows: 'execution_id in (select id from sena.executions where run_id = $1)' },
  { name: 'outcomes', rows: 'run_id = $1' },
  { name: 'audit_events', rows: `run_id = $1 or id in (select audit_event_id from sena.outcomes where run_id = $1)` },
];

export interface CopiedRun {
  readonly rows: number;
  readonly allSeconds: number;
  readonly outcomesSeconds: number;
}

export async function copyRowsOfRun(stage: Stage, runId: string): Promise<CopiedRun> {
  const { admin } = stage;
  await admin.query(`drop schema if exists ${schema} cascade; create schema ${schema}`);
  const files = [];
  for (const { name, rows } of tables) {
    await admin.query(`create table ${schema}.${name} (like sena.${name} including all)`);
    const file = `/tmp/${schema}-${process.pid}-${name}`;
    const of = rows.replaceAll('$1', `'${runId}'`);
    const { rowCount } = await admin.query(`copy (select * from sena.${name} where ${of}) to '${file}'`);
    files.push({ name, file, count: rowCount ?? 0 });
  }
  await admin.query('checkpoint');
  let outcomesSeconds = 0;
  const startedAt = performance.now();
  await admin.query('begin');
  for (const { name, file } of files) {
    const tableStartedAt = performance.now();
    await admin.query(`copy ${schema}.${name} from '${file}'`);
    if (name === 'outcomes') outcomesSeconds = (performance.now() - tableStartedAt) / 1_000;
  }
  await admin.query('commit');
  const allSeconds = (performance.now() - startedAt) / 1_000;
  // PostgreSQL wrote the files, PostgreSQL removes them.
  for (const { file } of files) await admin.query(`copy (select 1 where false) to program 'rm ${file}'`);
  return { rows: files.reduce((sum, { count }) => sum + count, 0), allSeconds, outcomesSeconds };
}
