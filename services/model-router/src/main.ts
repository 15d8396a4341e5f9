// The model router process: one face over model vendors.
import { createLogger } from '@sena/telemetry/logger';
import { parseModelRouterEnv } from './env.ts';
import { startModelRouter } from './start-model-router.ts';

const env = parseModelRouterEnv(process.env);
const logger = createLogger('model-router', env.LOG_LEVEL);
const router = await startModelRouter(env, logger);
logger.info({ port: router.port }, 'model-router listens');

function stop(signal: string): void {
  logger.info({ signal }, 'model-router stops');
  router.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      logger.error({ err: error }, 'model-router did not stop cleanly');
      process.exit(1);
    },
  );
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
