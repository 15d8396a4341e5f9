// The signer, put together: makes keys, signs what waits. Rung by jobs, polls slowly besides. Entered by main.ts and by tests.
import { openPool } from '@sena/db/tenant';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { ringOutbox } from '@sena/runs/ring-outbox';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
import { startHealthServer } from '@sena/telemetry/health-server';
import type { Logger } from '@sena/telemetry/logger';
import type { SignerEnv } from './env.ts';
import { ensureDispatchKeys } from './keys/ensure-dispatch-keys.ts';
import { signDispatch } from './signing/sign-dispatch.ts';

const pollMs = 2_000;
const dispatchesALook = 200;

export interface Signer {
  readonly port: number;
  stop(): Promise<void>;
}

export async function startSigner(env: SignerEnv, logger: Logger): Promise<Signer> {
  const masterKey = Buffer.from(env.MASTER_KEY, 'base64');
  const parser = await loadBashParser();
  const pool = openPool(env.DATABASE_URL, {
    max: 4,
    applicationName: 'sena-signer',
    onError: (error) => logger.warn({ err: error }, 'a database connection broke, the next query opens another'),
  });
  const queue = await openQueue(queueConnectionFrom(env), { logger });
  const signals = await openSignals(signalConnectionFrom(env), { logger });
  let isStopped = false;
  let isWanted = false;
  let looking: Promise<void> | null = null;

  /** Resolves when what was waiting at the call has been looked at. */
  async function look(): Promise<void> {
    isWanted = true;
    looking ??= signAll().finally(() => {
      looking = null;
    });
    await looking;
    if (isWanted && !isStopped) await look();
  }

  async function signAll(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      const made = await ensureDispatchKeys(pool, masterKey);
      if (made > 0) logger.info({ made }, 'dispatch keys made');
      const waiting = await pool.query<{ organization_id: string; dispatch_id: string }>(
        'select organization_id, dispatch_id from dispatches_to_sign($1)',
        [dispatchesALook],
      );
      let done = 0;
      for (const row of waiting.rows) if (await trySigning(row.organization_id, row.dispatch_id)) done += 1;
      // Those that fail are looked at again with the clock, not at once.
      if (waiting.rows.length === dispatchesALook && done > 0) isWanted = true;
    }
  }

  /** One that can't be signed now does not hold up the others. */
  async function trySigning(organizationId: string, dispatchId: string): Promise<boolean> {
    try {
      await signOne(organizationId, dispatchId);
      return true;
    } catch (error) {
      logger.error({ err: error, organizationId, dispatchId }, 'a dispatch could not be signed, it is tried again');
      return false;
    }
  }

  async function signOne(organizationId: string, dispatchId: string): Promise<void> {
    const signed = await signDispatch(pool, masterKey, parser, organizationId, dispatchId);
    switch (signed.kind) {
      case 'signed':
        logger.info({ organizationId, dispatchId, satelliteId: signed.satelliteId }, 'dispatch signed');
        return signals.ring(organizationId, 'dispatchReady', { satelliteId: signed.satelliteId });
      case 'refused':
        logger.warn({ organizationId, dispatchId, detail: signed.detail }, 'dispatch refused');
        for (const run of signed.runs) {
          await signals.ring(organizationId, 'runEvents', { runId: run.runId, seq: run.eventSeq });
          if (run.outboxId !== null) await ringOutbox(pool, queue.add, organizationId, run.outboxId);
        }
        return;
      case 'gone':
        return;
    }
  }

  await queue.work('signDispatches', () => look(), { concurrency: 1 });
  const timer = setInterval(() => {
    look().catch((error: unknown) =>
      logger.error({ err: error }, 'waiting dispatches could not be signed, it is tried again'),
    );
  }, pollMs);
  await look();

  const ready = () => Promise.all([pool.query('select 1'), queue.ready(), signals.ready()]);
  const health = await startHealthServer({ host: env.HOST, port: env.PORT, ready, logger });

  return {
    port: health.port,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await Promise.all([health.close(), queue.close()]);
      // A look that failed has logged its cause to whoever asked for it.
      if (looking !== null) await Promise.allSettled([looking]);
      await signals.close();
      await pool.end();
    },
  };
}
