// `satellite run`: stays until it is stopped. The first signal lets running commands end, the second does not.
import { createLogger } from '@sena/telemetry/logger';
import { defineCommand, type ParsedArgs } from 'citty';
import { openStateDirectory } from '../config/state-directory.ts';
import { beginSmall, beginWithoutStripping, settle } from './begin-small.ts';
import { loadConfig } from './load-config.ts';
import { reportToOperator } from './report-to-operator.ts';

const graceMs = 20_000;

const declared = { config: { type: 'string', required: true, description: 'Configuration file' } } as const;
type Args = ParsedArgs<typeof declared>;

export const runCommand = defineCommand({
  meta: { name: 'run', description: 'Connect and run what is signed, allowed here and approved' },
  args: declared,
  run: reportToOperator(async ({ args }: { args: Args }) => {
    const config = loadConfig('run', args.config);
    const { directory } = openStateDirectory(config.stateDirectory);
    // What is loaded before that is loaded twice.
    beginSmall(directory);
    const { startSatellite } = await import('../start-satellite.ts');
    await beginWithoutStripping(directory);
    const logger = createLogger('satellite', config.logLevel);
    const satellite = await startSatellite(config, logger, { environment: process.env });
    settle();
    let isStopping = false;
    const stop = (signal: NodeJS.Signals) => {
      logger.info({ signal }, isStopping ? 'stopping at once' : 'stopping: running commands may end');
      const bound = isStopping ? 0 : graceMs;
      isStopping = true;
      void satellite.stop(bound);
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    await satellite.ended;
    logger.info('stopped');
    // Leftover sockets of nodes that do not answer must not keep the process.
    process.exit(0);
  }),
});
