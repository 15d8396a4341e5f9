// The supervisor: brings SENA up on this machine, process by process, and stays until it is asked to stop.
// Entered by start.mjs. Writes .sena; starts and stops everything that `npm start` runs.
import { rmSync } from 'node:fs';
import { bringUp } from './bring-up.ts';
import { parseSettings } from './env.ts';
import { holdInstanceLock, type InstanceLock } from './home/hold-instance-lock.ts';
import { openHome } from './home/open-home.ts';
import { refuseUsedPort } from './home/refuse-used-port.ts';
import { createReport } from './report/report.ts';
import { createStyle } from './report/style.ts';
import { awaitStop } from './supervisor/await-stop.ts';
import { openSupervisor, type Supervisor } from './supervisor/open-supervisor.ts';
import { endOrphans, openProcessTable } from './supervisor/process-table.ts';

const orphanGraceMs = 3_000;
const startedAtMs = Number(process.env.SENA_STARTED_AT_MS ?? Date.now());

let supervisor: Supervisor | null = null;
const stop = awaitStop(() => supervisor?.hurry());
const style = createStyle(
  process.env.NO_COLOR === undefined && (process.stdout.isTTY || process.env.FORCE_COLOR !== undefined),
);
const report = createReport({
  write: (text) => process.stdout.write(text),
  style,
  json: process.env.SENA_LOG === 'json',
});
// Whoever read our output is gone: nothing more can be said, so stop in order.
process.stdout.on('error', () => process.kill(process.pid, 'SIGTERM'));

let exitCode = 0;
let locks: InstanceLock[] = [];
try {
  const settings = parseSettings(process.env);
  const home = openHome({
    dataDirectory: settings.SENA_DATA_DIR ?? null,
    localFile: settings.SENA_LOCAL_FILE ?? null,
  });
  locks = await lockAll(home.lockDirectories, `http://localhost:${settings.SENA_PORT}`);
  await refuseUsedPort(settings.SENA_PORT);
  rmSync(home.localFile, { force: true });
  const orphans = await endOrphans(home.processesFile, orphanGraceMs);
  if (orphans.length > 0) report.say(`  ended what an earlier start left running: ${orphans.join(', ')}`);
  const table = openProcessTable(home.processesFile, (error) =>
    report.warn(`the list of processes can't be kept, a start after kill -9 may miss some: ${error.message}`),
  );
  supervisor = openSupervisor({ report, table });

  const up = bringUp({ settings, home, supervisor, style, startedAtMs }).then(() => {
    for (const lock of locks) lock.announce('up');
    return 'up' as const;
  });
  if ((await Promise.race([up, stop.requested])) === 'up') await stop.requested;
  // A stop in the middle of the start makes the rest of the start fail: that is no news.
  else up.catch(() => undefined);
} catch (error) {
  exitCode = 1;
  report.say('', `${style.red('✘')} ${error instanceof Error ? error.message : String(error)}`);
}

const stoppingAtMs = performance.now();
for (const lock of locks) lock.announce('stopping');
if (supervisor !== null) {
  report.say('', `${style.dim('…')} stopping ${style.dim('(Ctrl-C again hurries)')}`);
  await supervisor.stop();
  report.done('everything is stopped', stoppingAtMs);
}
for (const lock of locks) lock.release();
process.exit(exitCode);

async function lockAll(directories: string[], url: string): Promise<InstanceLock[]> {
  const held: InstanceLock[] = [];
  for (const directory of directories) {
    held.push(await holdInstanceLock(directory, url, ({ pid }) => report.begin(`waiting for process ${pid} to stop`)));
  }
  return held;
}
