// The orchestrator process: runs advance here.
import { createLogger } from '@sena/telemetry/logger';
import { parseOrchestratorEnv } from './env.ts';
import { startOrchestrator } from './start-orchestrator.ts';

const env = parseOrchestratorEnv(process.env);
const logger = createLogger('orchestrator', env.LOG_LEVEL);
const orchestrator = await startOrchestrator(env, logger);
logger.info({ port: orchestrator.port }, 'orchestrator works');

function stop(signal: string): void {
  logger.info({ signal }, 'orchestrator stops');
  orchestrator.stop().then(
    () => process.exit(0),
    (error: unknown) => {
      logger.error({ err: error }, 'orchestrator did not stop cleanly');
      process.exit(1);
    },
  );
}
process.once('SIGTERM', stop);
process.once('SIGINT', stop);
