// The suite's one PostgreSQL and the template that every test database is copied from. Entered by the global setup
// through serveTestDatabases.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { startPostgresServer } from './postgres-server.ts';

export const testRoles = [
  'sena_owner',
  'sena_app',
  'sena_relay',
  'sena_signer',
  'sena_identity',
  'sena_queue',
  'sena_checkpoint',
] as const;
export type TestRole = (typeof testRoles)[number];

/** What a test file is told about its database; `./postgres.ts` makes addresses of it. */
export interface TestDatabaseGrant {
  readonly name: string;
  readonly adminUrl: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly rolePasswords: Readonly<Record<TestRole, string>>;
}

export interface TestCluster {
  /** Migrated and empty, a copy of the template. About 50 ms. */
  createDatabase(): Promise<TestDatabaseGrant>;
  stop(): Promise<void>;
}

const template = 'sena_template';

/** What `@sena/db/prepare-database` exports. */
export interface DatabasePreparation {
  prepareDatabase(options: { adminUrl: string; database: string; passwords: Record<TestRole, string> }): Promise<void>;
  setSearchPaths(admin: pg.Client, database: string): Promise<void>;
}

/** Starts the server and applies every migration once, to the template. About 2 s. */
export async function startTestCluster({ prepareDatabase, setSearchPaths }: DatabasePreparation): Promise<TestCluster> {
  const server = await startPostgresServer();
  const { adminUrl, port, socketDirectory } = server;
  const rolePasswords = Object.fromEntries(testRoles.map((role) => [role, `test-${role}`])) as Record<TestRole, string>;
  try {
    await prepareDatabase({ adminUrl, database: template, passwords: rolePasswords });
  } catch (error) {
    await server.stop();
    throw error;
  }

  const admin = new pg.Client({ connectionString: adminUrl, connectionTimeoutMillis: 60_000 });
  await admin.connect();
  let last: Promise<unknown> = Promise.resolve();
  return {
    createDatabase: () => {
      const creating = last.then(async () => {
        const name = `test_${randomBytes(8).toString('hex')}`;
        await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER sena_owner`);
        await setSearchPaths(admin, name);
        return { name, adminUrl, port, socketDirectory, rolePasswords };
      });
      last = creating.catch(() => null); // told to the caller; the next one starts afresh
      return creating;
    },
    stop: async () => {
      await admin.end();
      await server.stop();
    },
  };
}
