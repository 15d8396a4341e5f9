// The one public address: takes every connection and hands it to the gateway, the relay or the console. Entered by front/main.ts.
// Listens; connects to the three backends only.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Logger } from '@sena/telemetry/logger';
import { type ProxyTarget, proxyRequest } from './proxy-request.ts';
import { proxyUpgrade, refuseUpgrade } from './proxy-upgrade.ts';
import { type Backend, routeRequest } from './route-request.ts';

export type FrontOptions = {
  hosts: string[];
  /** 0: the system chooses one for the first host, and the others take the same. */
  port: number;
  /** The console may be missing: then its paths answer 404. */
  backends: { gateway: URL; relay: URL; console: URL | null };
  logger: Logger;
  /** For headers and body to arrive. */
  requestMs?: number;
};
export type Front = { port: number; close(): Promise<void> };

const drainTimeoutMs = 2_000;

/** @throws the listener's error when the first host can't be listened on; a further one (IPv6) may be missing. */
export async function openFront({ hosts, port, backends, logger, requestMs = 60_000 }: FrontOptions): Promise<Front> {
  const upgraded = new Set<Duplex>();
  const servers: Server[] = [];
  let chosenPort = port;
  for (const [index, host] of hosts.entries()) {
    // For what comes in alone: an answer that streams and a tunnel stay open for as long as both sides like. Longer than a backend's own
    // limit, which says so in its own words.
    const limits = { requestTimeout: requestMs, headersTimeout: requestMs };
    const server = createServer({ ...limits, connectionsCheckingInterval: Math.ceil(requestMs / 6) }, answer).on(
      'upgrade',
      upgrade,
    );
    try {
      chosenPort = await listen(server, host, chosenPort);
      servers.push(server);
    } catch (error) {
      if (index === 0) throw error;
      logger.info({ host, err: error }, 'not listening there');
    }
  }
  return {
    port: chosenPort,
    async close() {
      for (const socket of upgraded) socket.destroy();
      await Promise.all(servers.map(closeServer));
    },
  };

  function answer(request: IncomingMessage, response: ServerResponse): void {
    if (request.url === '/_front/healthz') {
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}');
      return;
    }
    const target = targetOf(request);
    if (target === null) {
      response.writeHead(404, { 'content-type': 'application/problem+json' }).end(notHere(request));
      return;
    }
    proxyRequest(request, response, target);
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const target = targetOf(request);
    if (target?.backend !== 'relay') {
      refuseUpgrade(socket, 404, notHere(request));
      return;
    }
    upgraded.add(socket);
    socket.once('close', () => upgraded.delete(socket));
    proxyUpgrade(request, socket, head, target);
  }

  function targetOf(request: IncomingMessage): ProxyTarget | null {
    const backend: Backend = routeRequest(request.url ?? '/');
    const url = backends[backend];
    return url === null ? null : { backend, url, logger };
  }
}

function notHere(request: IncomingMessage): string {
  return JSON.stringify({
    type: 'about:blank',
    title: 'There is nothing at this address',
    status: 404,
    code: 'not_found',
    detail: 'This address leads nowhere. The API begins at /v1, its reference is at /docs.',
    instance: (request.url ?? '/').split('?', 1)[0],
  });
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.removeListener('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function closeServer(server: Server): Promise<void> {
  const force = setTimeout(() => server.closeAllConnections(), drainTimeoutMs);
  await new Promise((resolve) => server.close(resolve));
  clearTimeout(force);
}
