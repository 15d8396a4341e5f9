// The signer, put together: makes keys, signs what waits, vouches for the audit. Entered by main.ts and by tests.
import { openPool } from '@sena/db/tenant';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { loadCedar } from '@sena/policy/rules/load-cedar';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
import { startHealthServer } from '@sena/telemetry/health-server';
import type { Logger } from '@sena/telemetry/logger';
import { startCheckpointing } from './checkpoints/start-checkpointing.ts';
import type { SignerEnv } from './env.ts';
import { sealKeysAgain } from './keys/seal-keys-again.ts';
import { startSigning } from './signing/start-signing.ts';

const usualPollMs = 2_000;

export interface Signer {
  readonly port: number;
  stop(): Promise<void>;
}

/** `pollMs`: how often it looks without being rung. */
export async function startSigner(env: SignerEnv, logger: Logger, pollMs = usualPollMs): Promise<Signer> {
  const masterKey = Buffer.from(env.MASTER_KEY, 'base64');
  const [parser, cedar] = await Promise.all([loadBashParser(), loadCedar()]);
  const pool = openPool(env.DATABASE_URL, {
    max: 4,
    applicationName: 'sena-signer',
    onError: (error) => logger.warn({ err: error }, 'a database connection broke, the next query opens another'),
  });
  if (env.MASTER_KEY_PREVIOUS !== undefined) {
    const count = await sealKeysAgain(pool, masterKey, Buffer.from(env.MASTER_KEY_PREVIOUS, 'base64'));
    logger.info({ keys: count }, 'private keys are sealed with the new master key: MASTER_KEY_PREVIOUS may be removed');
  }
  const queue = await openQueue(queueConnectionFrom(env), { logger });
  const signals = await openSignals(signalConnectionFrom(env), { logger });
  const { hostname: rpId, origin } = new URL(env.PUBLIC_URL);
  const judges = { parser, cedar, passkeyPage: { rpId, origin } };
  const signing = startSigning({ pool, masterKey, judges, queue, signals, logger, pollMs });
  await queue.work('signDispatches', () => signing.look(), { concurrency: 1 });
  await signing.look();
  const checkpointing = startCheckpointing({
    ...{ pool, masterKey, logger },
    everyRecords: env.CHECKPOINT_EVERY_RECORDS,
    everyMs: env.CHECKPOINT_EVERY_MS,
  });
  const ready = () => Promise.all([pool.query('select 1'), queue.ready()]);
  const health = await startHealthServer({ host: env.HOST, port: env.PORT, ready, logger });

  return {
    port: health.port,
    async stop() {
      await Promise.all([health.close(), signing.stop(), checkpointing.stop(), queue.close()]);
      await signals.close();
      await pool.end();
    },
  };
}
