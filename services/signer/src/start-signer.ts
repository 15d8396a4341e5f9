// The signer, put together: makes keys, signs what waits. Rung by jobs, polls slowly besides. Entered by main.ts and by tests.
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { openPool } from '@sena/db/tenant';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { ringOutbox } from '@sena/runs/ring-outbox';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
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
      for (const row of waiting.rows) await signOne(row.organization_id, row.dispatch_id);
      if (waiting.rows.length === dispatchesALook) isWanted = true;
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

  const server = http.createServer(async (request, response) => {
    if (request.url === '/healthz') return void response.writeHead(200).end('alive\n');
    if (request.url !== '/readyz') return void response.writeHead(404).end();
    try {
      await Promise.all([pool.query('select 1'), queue.ready()]);
      response.writeHead(200).end('ready\n');
    } catch (error) {
      logger.warn({ err: error }, 'not ready');
      response.writeHead(503).end('not ready\n');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(env.PORT, env.HOST, resolve);
  });

  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      server.close();
      await queue.close();
      // A look that failed has logged its cause to whoever asked for it.
      if (looking !== null) await Promise.allSettled([looking]);
      await signals.close();
      await pool.end();
    },
  };
}
