// For tests that need records: a database of their own, migrated, empty, in the suite's one PostgreSQL.
// Creates and drops that database only.
import pg from 'pg';
import { inject } from 'vitest';
import type { TestDatabaseGrant, TestRole } from './test-cluster.ts';
import './serve-test-databases.ts'; // for the type of what is provided

export interface TestDatabase {
  readonly name: string;
  /** The superuser's URL on this database: for arranging and asserting, never for the code under test. */
  readonly adminUrl: string;
  /** One URL for each role that logs in, over TCP on 127.0.0.1. */
  readonly urls: RoleUrls;
  /** The same over the server's Unix socket: for processes in a network namespace of their own. */
  readonly socketUrls: RoleUrls;
  /** Cuts every connection to this database, as a restarting server does. */
  disconnectAll(): Promise<void>;
  drop(): Promise<void>;
}

const roles = {
  app: 'sena_app',
  relay: 'sena_relay',
  signer: 'sena_signer',
  identity: 'sena_identity',
  queue: 'sena_queue',
  checkpoint: 'sena_checkpoint',
  owner: 'sena_owner',
} as const satisfies Record<string, TestRole>;

export type RoleUrls = Readonly<Record<keyof typeof roles, string>>;

/** About 50 ms. Call it in `beforeAll` and `drop()` it in `afterAll`: a test file shares one database. */
export async function createTestDatabase(): Promise<TestDatabase> {
  return testDatabaseOf(await askForDatabase());
}

/** For programs that run outside the suite, over a cluster of their own (`startTestCluster`). */
export function testDatabaseOf(grant: TestDatabaseGrant): TestDatabase {
  const { name, port, socketDirectory, rolePasswords } = grant;
  const host = new URL(grant.adminUrl).host;
  const adminUrl = new URL(grant.adminUrl);
  adminUrl.pathname = `/${name}`;

  const urlsAt = (urlOf: (login: string) => string): RoleUrls =>
    Object.fromEntries(
      Object.entries(roles).map(([key, role]) => [key, urlOf(`${role}:${rolePasswords[role]}`)]),
    ) as RoleUrls;

  return {
    name,
    adminUrl: adminUrl.href,
    urls: urlsAt((login) => `postgresql://${login}@${host}/${name}`),
    socketUrls: urlsAt((login) => `postgresql://${login}@/${name}?host=${socketDirectory}&port=${port}`),
    disconnectAll: () =>
      runAsAdmin(grant, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`),
    drop: () => runAsAdmin(grant, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function askForDatabase(): Promise<TestDatabaseGrant> {
  const response = await fetch(inject('senaTestDatabases'), { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`There is no test database:\n${await response.text()}`);
  return (await response.json()) as TestDatabaseGrant;
}

async function runAsAdmin(grant: TestDatabaseGrant, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: grant.adminUrl, connectionTimeoutMillis: 60_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
