// The gateway process: reads its environment, serves, and drains when it is told to end.
import { createLogger } from '@sena/telemetry/logger';
import { readEnvironment } from './env.ts';
import { startGateway } from './start-gateway.ts';

const drainTimeoutMs = 15_000;

const environment = readEnvironment(process.env);
const logger = createLogger('gateway', environment.LOG_LEVEL);
const gateway = await startGateway(environment, logger);
logger.info({ url: gateway.url, publicUrl: environment.PUBLIC_URL }, 'gateway serves');

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => void stop(signal));

async function stop(signal: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  logger.info({ signal }, 'gateway drains');
  const deadline = setTimeout(() => {
    logger.error({ drainTimeoutMs }, 'gateway did not drain in time');
    process.exit(1);
  }, drainTimeoutMs);
  try {
    await gateway.stop();
    clearTimeout(deadline);
    process.exit(0);
  } catch (error) {
    logger.error({ err: error }, 'gateway did not stop cleanly');
    process.exit(1);
  }
}
