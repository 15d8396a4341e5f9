// Makes a benchmark's PostgreSQL count what each statement costs, those inside functions too, and writes the list at the end.
// Entered by open-stage where a profile is wanted: counting costs a little itself.
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

const statementsShown = 60;
const settings = {
  shared_preload_libraries: 'pg_stat_statements, auto_explain',
  'pg_stat_statements.track': `'all'`,
  // Plans of what is slow, as they ran.
  'auto_explain.log_min_duration': `'100ms'`,
  'auto_explain.log_analyze': 'on',
  'auto_explain.log_buffers': 'on',
  'auto_explain.log_nested_statements': 'on',
  'auto_explain.log_parameter_max_length': '0',
  logging_collector: 'on',
};

/** Restarts the server: the supervisor that holds it starts it again. */
export async function countStatements(adminUrl: string, dataDirectory: string): Promise<void> {
  const before = await connect(adminUrl);
  for (const [name, value] of Object.entries(settings)) await before.query(`alter system set ${name} = ${value}`);
  await before.end();
  const pid = Number(
    (await readFile(path.join(dataDirectory, 'postgres', 'postmaster.pid'), 'utf8')).split('\n', 1)[0],
  );
  process.kill(pid, 'SIGINT');
  for (let attempt = 0; ; attempt += 1) {
    await sleep(200);
    try {
      const after = await connect(adminUrl);
      const { rows } = await after.query('show shared_preload_libraries');
      await after.end();
      if (String(rows[0]?.shared_preload_libraries).includes('pg_stat_statements')) return;
    } catch (error) {
      if (attempt > 100) throw error;
    }
  }
}

export async function writeStatements(admin: pg.Client, directory: string): Promise<void> {
  const { rows } = await admin.query(
    `select round(total_exec_time)::integer as ms, calls, rows, toplevel, regexp_replace(left(query, 220), '\\s+', ' ', 'g') as query
     from pg_stat_statements where query not like '%copied%' order by total_exec_time desc limit ${statementsShown}`,
  );
  const lines = rows.map((row) =>
    [
      String(row.ms).padStart(8),
      String(row.calls).padStart(7),
      String(row.rows).padStart(9),
      row.toplevel ? ' ' : '>',
      row.query,
    ].join(' '),
  );
  await writeFile(path.join(directory, 'statements.txt'), `${['      ms   calls      rows', ...lines].join('\n')}\n`);
}

/** The log with the plans, to the same place. */
export async function keepPlans(dataDirectory: string, directory: string): Promise<void> {
  await cp(path.join(dataDirectory, 'postgres', 'log'), path.join(directory, 'plans'), { recursive: true });
}

/** What is counted begins here. */
export async function forgetStatements(admin: pg.Client): Promise<void> {
  await admin.query('select pg_stat_statements_reset()');
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => undefined); // told by the query that fails
  await client.connect();
  return client;
}
