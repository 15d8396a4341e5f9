// The signer process: the only holder of dispatch keys.
import { createLogger } from '@sena/telemetry/logger';
import { parseSignerEnv } from './env.ts';
import { startSigner } from './start-signer.ts';

const env = parseSignerEnv(process.env);
const logger = createLogger('signer', env.LOG_LEVEL);
const signer = await startSigner(env, logger);
logger.info({ port: signer.port }, 'signer signs');

function stop(signal: string): void {
  logger.info({ signal }, 'signer stops');
  signer.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      logger.error({ err: error }, 'signer did not stop cleanly');
      process.exit(1);
    },
  );
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
