// The front as a process of its own: started by the supervisor, ends on SIGTERM.
import { createLogger } from '@sena/telemetry/logger';
import { parseFrontEnvironment } from './env.ts';
import { openFront } from './open-front.ts';

const env = parseFrontEnvironment(process.env);
const logger = createLogger('front', env.LOG_LEVEL);
const front = await openFront({
  hosts: env.HOSTS,
  port: env.PORT,
  backends: {
    gateway: new URL(env.GATEWAY_URL),
    relay: new URL(env.RELAY_URL),
    console: env.CONSOLE_URL === undefined ? null : new URL(env.CONSOLE_URL),
  },
  logger,
});
logger.info({ port: front.port }, 'listening');

process.once('SIGTERM', async () => {
  await front.close();
  process.exit(0);
});
