// One gateway, from open to drained. Entered by main and by tests.
import type { AddressInfo, Socket } from 'node:net';
import type { Logger } from '@sena/telemetry/logger';
import { buildApp } from './app.ts';
import type { Environment } from './env.ts';
import type { GatewayApp } from './gateway-app.ts';
import { openServices } from './open-services.ts';
import type { GatewaySettings } from './services.ts';

export interface Gateway {
  /** `http://host:port` */
  readonly url: string;
  /** Takes no more requests, ends event streams so that they resume elsewhere, waits for the rest, closes everything. */
  stop(): Promise<void>;
}

const sweepEveryMs = 50;

export async function startGateway(
  environment: Environment,
  logger: Logger,
  limits: Partial<GatewaySettings['limits']> = {},
): Promise<Gateway> {
  const services = await openServices(environment, logger, limits);
  try {
    const app = await buildApp(services, logger);
    const closeUnusedConnections = watchConnections(app);
    await app.listen({ host: environment.HOST, port: environment.PORT });
    const { address, family, port } = app.server.address() as AddressInfo;
    return {
      url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
      stop: async () => {
        const closing = app.close();
        const sweeper = setInterval(closeUnusedConnections, sweepEveryMs);
        try {
          await services.streams.drain();
          await closing;
        } finally {
          clearInterval(sweeper);
        }
        await services.close();
      },
    };
  } catch (error) {
    await services.close();
    throw error;
  }
}

/**
 * A server that closes waits for its connections. Those that wait for their next request, and those that never sent a
 * first one (clients open some in advance), would keep it waiting for a minute.
 */
function watchConnections(app: GatewayApp): () => void {
  const sockets = new Set<Socket>();
  app.server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  return () => {
    app.server.closeIdleConnections();
    for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
  };
}
