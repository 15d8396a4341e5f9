// One gateway, from open to drained. Entered by main and by tests.
import type { AddressInfo } from 'node:net';
import type { Logger } from '@sena/telemetry/logger';
import { buildApp } from './app.ts';
import type { Environment } from './env.ts';
import { openServices } from './open-services.ts';
import type { GatewaySettings } from './services.ts';

export interface Gateway {
  /** `http://host:port` */
  readonly url: string;
  /** Takes no more requests, ends event streams so that they resume elsewhere, waits for the rest, closes everything. */
  stop(): Promise<void>;
}

export async function startGateway(
  environment: Environment,
  logger: Logger,
  limits: Partial<GatewaySettings['limits']> = {},
): Promise<Gateway> {
  const services = await openServices(environment, logger, limits);
  try {
    const app = await buildApp(services, logger);
    await app.listen({ host: environment.HOST, port: environment.PORT });
    const { address, family, port } = app.server.address() as AddressInfo;
    return {
      url: `http://${family === 'IPv6' ? `[${address}]` : address}:${port}`,
      stop: async () => {
        const closing = app.close();
        await services.streams.drain();
        await closing;
        await services.close();
      },
    };
  } catch (error) {
    await services.close();
    throw error;
  }
}
