// The model router, put together: a pool for usage, the configured models, an address to listen on. Entered by main.ts and by tests.
import type { AddressInfo } from 'node:net';
import { openPool } from '@sena/db/tenant';
import type { Logger } from '@sena/telemetry/logger';
import { buildApp } from './app.ts';
import type { ModelRouterEnv } from './env.ts';
import { RouterStops } from './routes/chat-completions.ts';
import { type CallLimits, callLimits } from './routing/call-limits.ts';
import { readDeployments } from './routing/read-deployments.ts';

/** Answers that are under way may take this long once the process is asked to stop. */
const drainMs = 20_000;

export interface ModelRouter {
  readonly port: number;
  /** Takes no more requests, waits for those under way, ends what takes too long, closes. */
  stop(): Promise<void>;
}

export async function startModelRouter(
  env: ModelRouterEnv,
  logger: Logger,
  limits: CallLimits = callLimits,
): Promise<ModelRouter> {
  const pool = openPool(env.DATABASE_URL, {
    max: 4,
    applicationName: 'sena-model-router',
    onError: (error) => logger.warn({ err: error }, 'a database connection broke, the next query opens another'),
  });
  const stopping = new AbortController();
  const deployments = readDeployments(env, {
    listMs: limits.listMs,
    onFound: (model) => logger.info({ model }, 'no model is named, so the first one that the vendor lists is taken'),
  });
  const app = await buildApp(
    { pool, deployments, limits, stopping: stopping.signal, serviceTokenSecret: env.SERVICE_TOKEN_SECRET },
    logger,
  );
  await app.listen({ host: env.HOST, port: env.PORT });
  logger.info(
    { models: deployments.map(({ model, tiers }) => ({ model: model.known ?? 'the first listed', tiers })) },
    'models configured',
  );
  return {
    port: (app.server.address() as AddressInfo).port,
    async stop() {
      const timer = setTimeout(() => stopping.abort(new RouterStops()), drainMs);
      // A connection whose answer ends now would be kept for the caller's next request, and the close would wait for it.
      const idle = setInterval(() => app.server.closeIdleConnections(), 50);
      try {
        await app.close();
      } finally {
        clearTimeout(timer);
        clearInterval(idle);
        await pool.end();
      }
    },
  };
}
