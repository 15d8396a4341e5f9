// Opens what handlers work with, in order; closes it in reverse. Entered by start-gateway.
import { sinkSecret } from '@sena/audit/audit-sinks';
import { openAuth } from '@sena/auth/open-auth';
import { openPool } from '@sena/db/tenant';
import { openPrisma } from '@sena/db/tenant-prisma';
import { loadBashParser } from '@sena/policy/load-bash-parser';
import { loadCedar } from '@sena/policy/rules/load-cedar';
import { openQueue } from '@sena/queue/open-queue';
import { queueConnectionFrom } from '@sena/queue/queue-connection';
import { openSignals } from '@sena/signals/open-signals';
import { signalConnectionFrom } from '@sena/signals/signal-connection';
import type { Logger } from '@sena/telemetry/logger';
import { openBackgroundWork } from './background-work.ts';
import { defaultLimits, type Environment } from './env.ts';
import { openMail } from './mail/open-mail.ts';
import type { GatewaySettings, Services } from './services.ts';
import { openRunStreams } from './streams/open-run-streams.ts';

/** `limits`: where they are to differ from those of the environment. */
export async function openServices(
  environment: Environment,
  logger: Logger,
  limits: Partial<GatewaySettings['limits']> = {},
): Promise<Services & { close(): Promise<void> }> {
  const settings: GatewaySettings = {
    publicUrl: environment.PUBLIC_URL,
    planners: environment.MODEL_CONFIGURED === '1' ? ['runbook', 'model'] : ['runbook'],
    signInProviderNetworks: environment.SIGN_IN_PROVIDER_NETWORKS,
    trustedProxies: environment.TRUSTED_PROXIES,
    privateSinkHosts: environment.AUDIT_SINK_PRIVATE_HOSTS,
    limits: {
      ...defaultLimits,
      requestsPerMinute: environment.RATE_LIMIT_PER_MINUTE,
      streams: environment.STREAMS_MAX,
      ...limits,
    },
  };
  const holds = (condition: Promise<void>, otherwise: string) =>
    condition.then(
      () => true,
      (error: unknown) => {
        logger.warn({ err: error }, otherwise);
        return false;
      },
    );
  const opened: Array<() => Promise<void>> = [];
  const close = async () => {
    for (const closeOne of opened.reverse()) await closeOne();
  };
  try {
    const [shellParser, cedar] = await Promise.all([loadBashParser(), loadCedar()]);

    const pool = openPool(environment.DATABASE_URL, {
      max: 20,
      applicationName: 'sena-gateway',
      // Nothing that somebody waits for at the other end of a request may last longer.
      silentMsMax: 25_000,
      onError: (error) => logger.warn({ err: error }, 'a database connection was lost, the pool replaces it'),
    });
    opened.push(() => pool.end());
    const prisma = openPrisma(pool);
    opened.push(() => prisma.close());
    // Its first query takes half a second: not the first request's. No organization has this id.
    await prisma.forOrganization('org_none').site.count();
    const auth = openAuth({
      authUrl: environment.AUTH_DATABASE_URL,
      authSecret: environment.AUTH_SECRET,
      serviceTokenSecret: environment.SERVICE_TOKEN_SECRET,
      publicUrl: environment.PUBLIC_URL,
      onLog: (level, message) => logger[level]({ from: 'better-auth' }, message),
    });
    opened.push(() => auth.close());
    const queue = await openQueue(queueConnectionFrom(environment), { logger });
    opened.push(() => queue.close());
    const signals = await openSignals(signalConnectionFrom(environment), { logger });
    opened.push(() => signals.close());

    const mail =
      environment.SMTP_URL === undefined
        ? null
        : openMail({ smtpUrl: environment.SMTP_URL, from: environment.MAIL_FROM });
    opened.push(async () => mail?.close());
    const background = openBackgroundWork();
    opened.push(() => background.settled());
    return {
      pool,
      prisma,
      auth,
      queue,
      signals,
      shellParser,
      cedar,
      mail,
      background,
      sinkSecret: (sinkId) => sinkSecret(environment.SERVICE_TOKEN_SECRET, sinkId),
      settings,
      streams: openRunStreams(signals, settings.limits, (error) =>
        logger.warn({ err: error }, 'a doorbell could not be let go'),
      ),
      ready: async () => {
        await Promise.all([pool.query('select 1'), auth.ready()]);
      },
      isQueueReachable: () => holds(queue.ready(), 'the queue can not be reached'),
      areDoorbellsHeard: () => holds(signals.ready(), 'doorbells are not heard'),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
