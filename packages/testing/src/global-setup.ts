// Entered by vitest once, before all test files; left after the last. Owns the one PostgreSQL of the whole suite.
// It starts when the first test asks for a database, so that a run of pure tests does not wait for it.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestProject } from 'vitest/node';
import { startTestCluster, type TestCluster } from './test-cluster.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** GET it: a new database as JSON (`TestDatabaseGrant`); 500 and the reason as text when there can't be one. */
    senaTestDatabases: string;
  }
}

/** The name is vitest's. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  let starting: Promise<TestCluster> | null = null;

  const desk = createServer((_request, response) => {
    starting ??= startTestCluster();
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
