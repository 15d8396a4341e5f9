// For tests that need records: a database of their own, migrated, empty, in the suite's one PostgreSQL.
// Creates and drops that database only.
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';
import type { TestCluster, TestRole } from './global-setup.ts';

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
  const cluster = await askForCluster();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runAsAdmin(cluster, `CREATE DATABASE ${name} TEMPLATE ${cluster.template} OWNER sena_owner`);

  const urlsAt = (locate: (url: URL) => string): RoleUrls =>
    Object.fromEntries(
      Object.entries(roles).map(([key, role]) => {
        const url = new URL(cluster.adminUrl);
        url.username = role;
        url.password = cluster.rolePasswords[role];
        url.pathname = `/${name}`;
        return [key, locate(url)];
      }),
    ) as RoleUrls;

  const adminUrl = new URL(cluster.adminUrl);
  adminUrl.pathname = `/${name}`;
  return {
    name,
    adminUrl: adminUrl.href,
    urls: urlsAt((url) => url.href),
    socketUrls: urlsAt(
      (url) =>
        `postgresql://${url.username}:${url.password}@/${name}?host=${cluster.socketDirectory}&port=${cluster.port}`,
    ),
    disconnectAll: () =>
      runAsAdmin(cluster, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${name}'`),
    drop: () => runAsAdmin(cluster, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function askForCluster(): Promise<TestCluster> {
  const response = await fetch(inject('senaTestClusterUrl'), { signal: AbortSignal.timeout(60_000) });
  if (!response.ok) throw new Error(`There is no test database:\n${await response.text()}`);
  return (await response.json()) as TestCluster;
}

async function runAsAdmin(cluster: TestCluster, sql: string): Promise<void> {
  const client = new Client({ connectionString: cluster.adminUrl, connectionTimeoutMillis: 10_000 });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
