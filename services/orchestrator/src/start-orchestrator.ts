// The orchestrator, put together: workers that advance runs, the sweeper, the sealer, the sinks. Entered by main.ts and by tests.
import os from 'node:os';
import { mintServiceToken } from '@sena/auth/service-token';
import { openPool } from '@sena/db/tenant';
import { syncRunbooks } from '@sena/knowledge/sync-runbooks';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { loadCedar } from '@sena/policy/rules/load-cedar';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
import { startHealthServer } from '@sena/telemetry/health-server';
import type { Logger } from '@sena/telemetry/logger';
import type { OrchestratorEnv } from './env.ts';
import { openCheckpointer } from './graph/open-checkpointer.ts';
import type { Planners } from './graph/run-context.ts';
import { placeLeftBehind } from './placing/place-left-behind.ts';
import { commandPlanner } from './planners/command-planner.ts';
import { createModelPlanner } from './planners/model/model-planner.ts';
import { createRunbookPlanner } from './planners/runbook-planner.ts';
import { repeat } from './repeat.ts';
import { sealAll } from './sealer/seal-all.ts';
import { deliverDue } from './sinks/deliver-due.ts';
import { sweep } from './sweeper/sweep.ts';
import { advanceNextRun } from './workers/advance-run.ts';
import { checkpointIdleMs } from './workers/hold-lease.ts';

const sweepMs = 1_000;
const sealMs = 500;
const deliverMs = 1_000;

export interface Orchestrator {
  readonly port: number;
  /** Runs under way are given back; another orchestrator goes on with them. */
  stop(): Promise<void>;
}

export async function startOrchestrator(env: OrchestratorEnv, logger: Logger): Promise<Orchestrator> {
  const onError = (error: Error) =>
    logger.warn({ err: error }, 'a database connection broke, the next query opens another');
  const pool = openPool(env.DATABASE_URL, {
    max: env.RUN_CONCURRENCY + 4,
    applicationName: 'sena-orchestrator',
    onError,
  });
  const checkpoints = openPool(env.CHECKPOINT_DATABASE_URL, {
    max: env.RUN_CONCURRENCY,
    applicationName: 'sena-checkpoints',
    onError,
    idleInTransactionMs: checkpointIdleMs,
  });
  const checkpointer = await openCheckpointer(checkpoints);
  const queue = await openQueue(queueConnectionFrom(env), { logger });
  const signals = await openSignals(signalConnectionFrom(env), { logger });
  const [parser, cedar] = await Promise.all([loadBashParser(), loadCedar()]);
  await syncRunbooks(pool);

  const stopping = new AbortController();
  const shop = {
    pool,
    queue,
    signals,
    checkpointer,
    parser,
    cedar,
    planners: choosePlanners(env, pool),
    limits: {
      dispatchValidityMs: env.DISPATCH_VALIDITY_MS,
      approvalValidityMs: env.APPROVAL_VALIDITY_MS,
      commandTimeoutMs: env.COMMAND_TIMEOUT_MS,
    },
    workerName: `${os.hostname()}-${process.pid}`,
    logger,
    stopping: stopping.signal,
  };
  await queue.work('advanceRun', () => advanceNextRun(shop), { concurrency: env.RUN_CONCURRENCY });
  await queue.work('placeDispatches', () => placeLeftBehind({ pool, queue, signals, logger }));
  const sweeper = repeat('the sweeper', sweepMs, logger, () =>
    sweep({ pool, queue, signals, logger, askOthersAfterMs: env.ASK_OTHERS_AFTER_MS }),
  );
  const sealer = repeat('the sealer', sealMs, logger, () => sealAll(pool, logger));

  const sinks = repeat('the delivery of audit records', deliverMs, logger, () =>
    deliverDue(pool, logger, {
      serviceSecret: env.SERVICE_TOKEN_SECRET,
      privateHosts: env.AUDIT_SINK_PRIVATE_HOSTS,
      stopping: stopping.signal,
    }),
  );

  const ready = () => Promise.all([pool.query('select 1'), checkpoints.query('select 1'), queue.ready()]);
  const health = await startHealthServer({ host: env.HOST, port: env.PORT, ready, logger });

  return {
    port: health.port,
    async stop() {
      // First of all: nothing new is begun, and what takes its time, a model or a webhook, is not waited for.
      stopping.abort(new Error('the orchestrator stops'));
      // The sweeper adds to the queue.
      const emptied = sweeper.stop().then(() => queue.close());
      await Promise.all([health.close(), sealer.stop(), sinks.stop(), emptied]);
      await signals.close();
      await pool.end();
      await checkpoints.end();
    },
  };
}

function choosePlanners(env: OrchestratorEnv, pool: ReturnType<typeof openPool>): Planners {
  const { MODEL_ROUTER_URL: baseUrl, SERVICE_TOKEN_SECRET: secret } = env;
  const isModelConfigured = env.MODEL_CONFIGURED === '1' && baseUrl !== undefined;
  return {
    command: commandPlanner,
    runbook: createRunbookPlanner(pool),
    model: isModelConfigured
      ? createModelPlanner({
          baseUrl,
          mintToken: (organizationId) =>
            mintServiceToken({ secret, service: 'orchestrator', to: 'model-router', organizationId }),
        })
      : null,
  };
}
