// The relay process: the cloud end of the tunnel.
import { createLogger } from '@sena/telemetry/logger';
import { parseRelayEnv } from './env.ts';
import { startRelay } from './start-relay.ts';

const env = parseRelayEnv(process.env);
const logger = createLogger('relay', env.LOG_LEVEL);
const relay = await startRelay(env, logger);
logger.info({ port: relay.port, relayId: env.RELAY_ID }, 'relay listens');

let stopping: Promise<void> | null = null;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    logger.info({ signal }, 'relay stops');
    stopping ??= relay.stop().then(() => process.exit(0));
  });
}
