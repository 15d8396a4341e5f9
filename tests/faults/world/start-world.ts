// Everything that faults happen to: one PostgreSQL, the queue, SENA's processes, lab hosts with an sshd each, satellites, and a proxy of
// ours between every pair that talks. Entered by main.ts and by the test. Starts and stops those processes; keeps its files in one directory.
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seedMember } from '@sena/auth/seed-member';
import { databaseUrl, prepareDatabase } from '@sena/db/prepare-database';
import type { LabSite } from '@sena/lab/lab';
import { startLab } from '@sena/lab/start-lab';
import { silentReport } from '@sena/local/report/report';
import { type Stack, startStack } from '@sena/local/start-stack';
import { eventually } from '@sena/testing/eventually';
import { type PostgresServer, startPostgresServer } from '@sena/testing/postgres-server';
import { startRedis, type TestRedis } from '@sena/testing/redis';
import { startScriptedVendor } from '@sena/testing/scripted-vendor';
import pg from 'pg';
import { type Backend, type ModelServer, type ServiceName, serviceNames } from '../cells.ts';
import { type HttpProxy, startHttpProxy } from '../proxies/start-http-proxy.ts';
import { type PostgresProxy, startPostgresProxy } from '../proxies/start-postgres-proxy.ts';
import { startTcpProxy, type TcpProxy } from '../proxies/start-tcp-proxy.ts';
import { forgetfulModel } from '../trial/command-kinds.ts';
import { buildLibraries, type Libraries } from './build-libraries.ts';
import { type CloudApi, callCloud } from './call-cloud.ts';
import { keepPostgresClock, type PostgresClock } from './keep-postgres-clock.ts';
import { isLaneUp, type Lane, startLane } from './start-lane.ts';
import { type SecondOrchestrator, startSecondOrchestrator } from './start-second-orchestrator.ts';
import { type SecondRelay, startSecondRelay } from './start-second-relay.ts';

const database = 'sena';
/** A satellite that is gone for so long has another one of its site find out what became of its work. */
export const askOthersAfterMs = 3_000;
/** Ten megabytes have to pass within it on a busy machine; a command that never ends takes this long. */
export const commandTimeoutMs = 15_000;

export interface World {
  readonly backend: Backend;
  /** Straight to the API; lanes have lines of their own to it. */
  readonly api: CloudApi;
  readonly stack: Stack;
  readonly lanes: readonly Lane[];
  /** Between each service and PostgreSQL. */
  readonly postgresOf: Readonly<Record<ServiceName, PostgresProxy>>;
  readonly postgres: PostgresServer;
  /** Between each service and Redis. */
  readonly redisOf: Readonly<Record<ServiceName, TcpProxy>> | null;
  readonly redis: TestRedis | null;
  readonly postgresClock: PostgresClock;
  /** Before each of them, from whoever asks it. */
  readonly modelLines: Readonly<Record<ModelServer, HttpProxy>>;
  /** Calls `listener` the next time, while the model's answer has not left. Returns what takes it away. */
  onceModelIsAsked(listener: () => void): () => void;
  /** When it was killed and ready again; infinite: it is away. */
  readonly modelRouterAway: Array<{ readonly fromMs: number; untilMs: number }>;
  /** Another relay; started when it is first asked for. */
  secondRelay(): Promise<SecondRelay>;
  /** Another orchestrator, past the proxies of the stack's. */
  startSecondOrchestrator(): Promise<SecondOrchestrator>;
  readonly organizationId: string;
  /** As PostgreSQL's superuser: for looking. Survives its restarts. */
  query<Row extends pg.QueryResultRow>(text: string, values?: unknown[]): Promise<Row[]>;
  /** What the cloud's processes have printed. */
  log(): string;
  stop(): Promise<void>;
}

export interface WorldOptions {
  backend: Backend;
  lanes: number;
  /** Of the lanes, the last so many have two satellites. */
  pairedLanes: number;
  nodesPerLane: number;
  say(line: string): void;
}

export async function startWorld(options: WorldOptions): Promise<World> {
  const { backend, say } = options;
  const stops: Array<() => Promise<unknown>> = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) {
      await step().catch((error: unknown) => say(`while stopping: ${String(error)}`));
    }
  };
  try {
    const directory = await mkdtemp(path.join(tmpdir(), 'sena-faults-'));
    stops.push(() => rm(directory, { recursive: true, force: true }));
    const libraries = await buildLibraries(directory);
    if (libraries === null)
      say('There is no C compiler (cc): power losses and wrong clocks are left out. Install gcc.');
    const [cloud, site] = await Promise.all([
      startCloud(backend, directory, libraries, stops),
      startSite(path.join(directory, 'lab'), options, stops),
    ]);
    const names = Array.from({ length: options.lanes }, (_, index) => `lane-${index + 1}`);
    const lanes = await inTwos(names, (name, index) => {
      const hosts = site.hosts.slice(index * options.nodesPerLane, (index + 1) * options.nodesPerLane);
      const isPaired = index >= options.lanes - options.pairedLanes;
      return startLane({ name, site, hosts, cloud, directory, libraries, isPaired, stops });
    });
    await eventually('every satellite is connected', () => lanes.every(isLaneUp), {
      timeoutMs: 60_000,
    });
    return { ...cloud, backend, lanes, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type CloudPart = Omit<World, 'lanes' | 'stop' | 'backend'> & { apiAt(url: string): CloudApi };

async function startCloud(
  backend: Backend,
  directory: string,
  libraries: Libraries | null,
  stops: Array<() => Promise<unknown>>,
): Promise<CloudPart> {
  const postgresClock = await keepPostgresClock(directory, libraries);
  const postgres = await startPostgresServer({ environment: postgresClock.environment });
  stops.push(() => postgres.stop());
  const roles = ['owner', 'app', 'relay', 'signer', 'identity', 'queue', 'checkpoint'] as const;
  const passwords = Object.fromEntries(roles.map((role) => [`sena_${role}`, randomBytes(12).toString('hex')]));
  await prepareDatabase({ adminUrl: postgres.adminUrl, database, passwords: passwords as never });
  const urlOf = (role: (typeof roles)[number], port = postgres.port) => {
    const url = new URL(databaseUrl(postgres.adminUrl, database, `sena_${role}`, passwords[`sena_${role}`] ?? ''));
    url.port = String(port);
    return url.href;
  };
  const adminUrl = new URL(postgres.adminUrl);
  adminUrl.pathname = `/${database}`;
  const admin = new pg.Pool({
    ...{ connectionString: adminUrl.href, max: 4, connectionTimeoutMillis: 5_000, options: '-c search_path=sena' },
  });
  admin.on('error', () => undefined);
  stops.push(() => admin.end());

  const redis = backend === 'redis' ? await startRedis() : null;
  if (redis !== null) stops.push(() => redis.stop());
  const byService = async <T extends TcpProxy>(start: () => Promise<T>) => {
    const entries = await Promise.all(serviceNames.map(async (name) => [name, await start()] as const));
    for (const [, proxy] of entries) stops.push(() => proxy.stop());
    return Object.fromEntries(entries) as Record<ServiceName, T>;
  };
  const postgresOf = await byService(() => startPostgresProxy({ host: '127.0.0.1', port: postgres.port }));
  const redisOf =
    redis === null
      ? null
      : await byService(() => startTcpProxy({ host: '127.0.0.1', port: Number(new URL(redis.url).port) }));
  const environmentOf = (name: ServiceName, role: 'app' | 'relay' | 'signer'): Record<string, string> => ({
    DATABASE_URL: urlOf(role, postgresOf[name].port),
    ...(redisOf === null
      ? { QUEUE_DATABASE_URL: urlOf('queue', postgresOf[name].port) }
      : { REDIS_URL: `redis://127.0.0.1:${redisOf[name].port}` }),
  });

  const secret = () => randomBytes(32).toString('base64');
  const secrets = { authSecret: secret(), serviceTokenSecret: secret(), masterKey: secret() };
  const lines: string[] = [];
  const modelListeners = new Set<() => void>();
  const vendor = await startScriptedVendor(
    forgetfulModel(() => {
      for (const listener of modelListeners) {
        modelListeners.delete(listener);
        listener();
      }
    }),
  );
  stops.push(() => vendor.stop());
  // Where the router listens is known when the stack is there.
  const modelRouter = { host: '127.0.0.1', port: 0 };
  const modelLines = {
    vendor: await startHttpProxy({ host: '127.0.0.1', port: Number(new URL(vendor.url).port) }),
    'model-router': await startHttpProxy(modelRouter),
  };
  for (const line of Object.values(modelLines)) stops.push(() => line.stop());
  const orchestratorLimits = {
    COMMAND_TIMEOUT_MS: String(commandTimeoutMs),
    ASK_OTHERS_AFTER_MS: String(askOthersAfterMs),
    MODEL_ROUTER_URL: modelLines['model-router'].url,
  };
  const stack = await startStack({
    databases: {
      ...{ app: urlOf('app'), relay: urlOf('relay'), signer: urlOf('signer'), identity: urlOf('identity') },
      ...{ queue: urlOf('queue'), checkpoint: urlOf('checkpoint') },
    },
    secrets,
    redisUrl: redis?.url ?? null,
    model: { url: `${modelLines.vendor.url}/v1`, name: 'scripted', key: null },
    environment: {
      gateway: {
        ...environmentOf('gateway', 'app'),
        AUTH_DATABASE_URL: urlOf('identity', postgresOf.gateway.port),
        RATE_LIMIT_PER_MINUTE: '100000',
      },
      orchestrator: {
        ...environmentOf('orchestrator', 'app'),
        CHECKPOINT_DATABASE_URL: urlOf('checkpoint', postgresOf.orchestrator.port),
        ...orchestratorLimits,
      },
      signer: environmentOf('signer', 'signer'),
      relay: environmentOf('relay', 'relay'),
    },
    report: silentReport((line) => {
      lines.push(line);
      if (lines.length > 20_000) lines.splice(0, 5_000);
    }),
  });
  stops.push(() => stack.stop());
  modelRouter.port = Number(new URL(stack.modelRouterUrl).port);
  const directQueue: Record<string, string> =
    redis === null ? { QUEUE_DATABASE_URL: urlOf('queue') } : { REDIS_URL: redis.url };
  let second: Promise<SecondRelay> | null = null;
  stops.push(async () => (await second)?.stop());
  const secondRelay = () => {
    second ??= startSecondRelay({ DATABASE_URL: urlOf('relay'), ...directQueue }, (line) => lines.push(line));
    return second;
  };
  const anotherOrchestrator = async () => {
    const started = await startSecondOrchestrator(
      {
        ...{ DATABASE_URL: urlOf('app'), CHECKPOINT_DATABASE_URL: urlOf('checkpoint'), ...directQueue },
        ...{ SERVICE_TOKEN_SECRET: secrets.serviceTokenSecret, MODEL_CONFIGURED: '1', ...orchestratorLimits },
      },
      (line) => lines.push(line),
    );
    stops.push(() => started.stop());
    return started;
  };
  const seed = (name: string, role: 'owner' | 'approver') =>
    seedMember({
      ...{ authUrl: urlOf('identity'), authSecret: secrets.authSecret, publicUrl: 'http://localhost' },
      ...{ organizationName: 'acme', email: `${name}@acme.test`, name, password: secret(), role },
    });
  const [owner, approver] = [await seed('olivia', 'owner'), await seed('adam', 'approver')];
  const apiAt = (url: string) => callCloud(url, { owner: owner.apiKey, approver: approver.apiKey });
  return {
    ...{ api: apiAt(stack.frontUrl), apiAt, stack, postgres, postgresClock, postgresOf, redis, redisOf, secondRelay },
    ...{ modelLines, startSecondOrchestrator: anotherOrchestrator },
    organizationId: owner.organizationId,
    modelRouterAway: [],
    onceModelIsAsked(listener) {
      modelListeners.add(listener);
      return () => modelListeners.delete(listener);
    },
    log: () => lines.join('\n'),
    async query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) {
      // PostgreSQL may just be restarting, for another trial.
      return eventually('the database is asked', async () => (await admin.query<Row>(text, values)).rows, {
        ...{ timeoutMs: 60_000, everyMs: 200 },
      });
    },
  };
}

async function startSite(
  stateDirectory: string,
  { lanes, nodesPerLane, say }: WorldOptions,
  stops: Array<() => Promise<unknown>>,
): Promise<LabSite> {
  const hosts = Array.from({ length: lanes * nodesPerLane }, (_, index) => ({
    name: `node-${index + 1}`,
    labels: {},
    faults: [],
    services: ['metrics' as const],
  }));
  const lab = await startLab({ stateDirectory, sites: [{ name: 'faults', hosts }], kind: 'openssh', log: say });
  stops.push(() => lab.stop());
  const [site] = lab.sites;
  if (site === undefined) throw new Error('the lab has no site');
  return site;
}

async function inTwos<In, Out>(items: readonly In[], start: (item: In, index: number) => Promise<Out>): Promise<Out[]> {
  const started: Out[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const index = next;
      next += 1;
      started[index] = await start(items[index] as In, index);
    }
  };
  await Promise.all([worker(), worker()]);
  return started;
}
