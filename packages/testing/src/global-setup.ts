// Entered by vitest once, before all test files; left after the last. Owns the one PostgreSQL of the whole suite.
// It starts when the first test asks for a database, so that a run of pure tests does not wait for it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type PostgresServer, startPostgresServer } from './postgres-server.ts';

/** What a test file gets to know about the server; see `./postgres.ts`. */
export interface TestCluster {
  readonly adminUrl: string;
  readonly port: number;
  readonly socketDirectory: string;
  readonly template: string;
  readonly rolePasswords: Record<TestRole, string>;
}

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

declare module 'vitest' {
  export interface ProvidedContext {
    /** GET it: the cluster as JSON, started now if it was not; 500 and the reason as text when it can't start. */
    senaTestClusterUrl: string;
  }
}

const template = 'sena_template';

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<{ server: PostgresServer; cluster: TestCluster }> | null = null;

  const desk = createServer((_request, response) => {
    starting ??= startCluster();
    starting.then(
      ({ cluster }) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(cluster)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
    );
  });
  await listenOnLoopback(desk);
  project.provide('senaTestClusterUrl', `http://127.0.0.1:${(desk.address() as AddressInfo).port}/`);

  return async () => {
    desk.close();
    desk.closeAllConnections();
    const started = await starting?.catch(() => null); // its failure was already told to the test that asked
    await started?.server.stop();
  };
}

async function startCluster() {
  const server = await startPostgresServer();
  try {
    // Loaded here, with its migration engine, so that a run of pure tests does not load it.
    const { prepareDatabase } = await import('@sena/db/prepare-database');
    const rolePasswords = Object.fromEntries(
      testRoles.map((role) => [role, `test-${role}`]),
    ) as TestCluster['rolePasswords'];
    await prepareDatabase({ adminUrl: server.adminUrl, database: template, passwords: rolePasswords });
    const { adminUrl, port, socketDirectory } = server;
    return { server, cluster: { adminUrl, port, socketDirectory, template, rolePasswords } };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function listenOnLoopback(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
