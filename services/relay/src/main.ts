// The relay process: the cloud end of the tunnel.
import { createLogger } from '@sena/telemetry/logger';
import { parseRelayEnv } from './env.ts';
import { startRelay } from './start-relay.ts';
import { usualTiming } from './timing.ts';

const env = parseRelayEnv(process.env);
const logger = createLogger('relay', env.LOG_LEVEL);
const relay = await startRelay(env, logger, {
  ...usualTiming,
  checkpointMs: env.WITNESS_EVERY_MS,
  siteShareReservedMs: env.SITE_SHARE_RESERVED_MS,
});
logger.info({ port: relay.port, relayId: env.RELAY_ID }, 'relay listens');

function stop(signal: string): void {
  logger.info({ signal }, 'relay stops');
  relay.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      logger.error({ err: error }, 'relay did not stop cleanly');
      process.exit(1);
    },
  );
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
