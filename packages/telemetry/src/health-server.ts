// The door of a process that has no other: `/healthz` (it lives) and `/readyz` (what it needs answers), for whoever starts and
// watches it. Entered by services without an API of their own.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from './logger.ts';

const connectionsWaitingMax = 4_096;

export interface HealthServer {
  /** For what else this process takes over HTTP. */
  readonly server: http.Server;
  readonly port: number;
  /** Takes nothing new at once; resolves when the last connection has ended. */
  close(): Promise<void>;
}

/** `ready` rejects with the reason why not, and knows its own time limit. Rejects when it can't listen. */
export async function startHealthServer(options: {
  host: string;
  port: number;
  ready: () => Promise<unknown>;
  logger: Logger;
}): Promise<HealthServer> {
  const { host, port, ready, logger } = options;
  const server = http.createServer(async (request, response) => {
    if (request.url === '/healthz') return void response.writeHead(200).end('alive\n');
    if (request.url !== '/readyz') return void response.writeHead(404).end();
    try {
      await ready();
      response.writeHead(200).end('ready\n');
    } catch (error) {
      logger.warn({ err: error }, 'not ready');
      response.writeHead(503).end('not ready\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Thousands may come in one moment, and who finds the queue full tries again a second later. The system bounds it.
    server.listen({ port, host, backlog: connectionsWaitingMax }, resolve);
  });
  return {
    server,
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      }),
  };
}
