// Entered by vitest's global setup: owns the one PostgreSQL of the whole suite and hands out databases over loopback.
// The server starts when the first test asks, so that a run of pure tests does not wait for it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { type DatabasePreparation, startTestCluster, type TestCluster } from './test-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** GET it: a new database as JSON (`TestDatabaseGrant`); 500 and the reason as text when there can't be one. */
    senaTestDatabases: string;
  }
}

/** Returns what ends it. `load` gives the migrations: this package does not depend on the one that it is a fixture for. */
export async function serveTestDatabases(
  project: TestProject,
  load: () => Promise<DatabasePreparation>,
): Promise<() => Promise<void>> {
  let starting: Promise<TestCluster> | null = null;

  const desk = createServer((_request, response) => {
    starting ??= load().then(startTestCluster);
    starting
      .then((cluster) => cluster.createDatabase())
      .then(
        (grant) => response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(grant)),
        (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.stack : String(error)),
      );
  });
  await listenOnLoopback(desk);
  project.provide('senaTestDatabases', `http://127.0.0.1:${(desk.address() as AddressInfo).port}/`);

  return async () => {
    desk.close();
    desk.closeAllConnections();
    const cluster = await starting?.catch(() => null); // its failure was already told to the test that asked
    await cluster?.stop();
  };
}

async function listenOnLoopback(server: Server): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
