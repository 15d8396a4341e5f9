// Starts SENA's services over databases that exist: the same processes for `npm start` and for tests, each on a port of its own.
// Starts and stops those processes; writes nothing else.
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Report, silentReport } from './report/report.ts';
import {
  describeServices,
  type ModelVendor,
  type ServiceDescription,
  type ServiceName,
  type StackDatabases,
  type StackSecrets,
  serviceNames,
} from './stack/describe-services.ts';
import { inheritedEnvironment } from './stack/inherited-environment.ts';
import { untilHttpReady, untilHttpReadyBehind } from './stack/until-http-ready.ts';
import { findFreePort } from './supervisor/find-free-port.ts';
import { openSupervisor, type Supervisor } from './supervisor/open-supervisor.ts';
import type { SupervisedProcess } from './supervisor/supervise-process.ts';

export type StackOptions = {
  /** Migrated by `prepareDatabase`; Unix-socket addresses do too. */
  databases: StackDatabases;
  /** Random ones by default. */
  secrets?: StackSecrets;
  /** A free one by default. */
  frontPort?: number;
  /** `127.0.0.1` and `::1` by default; the first one must be available. */
  frontHosts?: string[];
  /** What clients and satellites call it: `http://localhost:<frontPort>` by default. */
  publicUrl?: string;
  /** Queue and doorbells on Redis instead of PostgreSQL. */
  redisUrl?: string | null;
  model?: ModelVendor | null;
  /** The web console has to be built already. */
  console?: boolean;
  logLevel?: string;
  /** A command that each process is started through, e.g. `['ip', 'netns', 'exec', 'cloud']`. */
  prefix?: (name: ServiceName) => string[];
  /** Variables on top, or in place, of the usual ones. */
  environment?: Partial<Record<ServiceName, Record<string, string>>>;
  /** Gets steps, warnings and every line the processes write; silent by default. */
  report?: Report;
  /** Starts the processes beside its others, with its report; by default the stack has one of its own. */
  supervisor?: Supervisor;
  /** A start that takes longer fails. 60 s by default. */
  readyTimeoutMs?: number;
};

export type Stack = {
  /** The one public address, without a slash at its end. */
  frontUrl: string;
  /** Straight to the gateway, past the front. */
  gatewayUrl: string;
  /** Straight to the model router, which services alone may ask. */
  modelRouterUrl: string;
  /** `console` only when it was asked for. `kill('SIGKILL')` and `whenReady()` are what tests of crashes need. */
  processes: Record<Exclude<ServiceName, 'console'>, SupervisedProcess> & { console?: SupervisedProcess };
  /** Stops the front, then the rest; resolves when no process is left. Safe to call again. */
  stop(): Promise<void>;
  /** Cuts a running `stop` short. */
  hurry(): void;
};

const checkout = path.resolve(import.meta.dirname, '..', '..', '..');

/** Resolves when every process is ready. @throws {Error} with the last lines of a process that can't start; then none is left. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const supervisor = options.supervisor ?? openSupervisor({ report: options.report ?? silentReport(), table: null });
  const ports = Object.fromEntries(
    await Promise.all(serviceNames.map(async (name) => [name, await findFreePort()])),
  ) as Record<ServiceName, number>;
  if (options.frontPort !== undefined) ports.front = options.frontPort;
  const frontHosts = options.frontHosts ?? ['127.0.0.1', '::1'];
  const frontUrl = options.publicUrl ?? `http://localhost:${ports.front}`;
  const services = describeServices({
    checkout,
    databases: options.databases,
    secrets: options.secrets ?? randomSecrets(),
    publicUrl: frontUrl,
    ports,
    frontHosts,
    redisUrl: options.redisUrl ?? null,
    model: options.model ?? null,
    withConsole: options.console ?? false,
    logLevel: options.logLevel ?? 'info',
  });

  const processes = new Map(services.map((service) => [service.name, start(service)]));
  const stop = async () => {
    await processes.get('front')?.stop();
    await Promise.all([...processes.values()].map((process_) => process_.stop()));
  };
  const hurry = () => {
    for (const process_ of processes.values()) process_.hurry();
  };
  try {
    await Promise.all([...processes.values()].map((process_) => process_.whenReady()));
  } catch (error) {
    hurry();
    await stop();
    throw error;
  }
  return {
    frontUrl,
    gatewayUrl: `http://127.0.0.1:${ports.gateway}`,
    modelRouterUrl: `http://127.0.0.1:${ports['model-router']}`,
    processes: Object.fromEntries(processes) as Stack['processes'],
    stop,
    hurry,
  };

  function start(service: ServiceDescription): SupervisedProcess {
    const prefix = options.prefix?.(service.name) ?? [];
    const startedAtMs = performance.now();
    const process_ = supervisor.supervise(service.name === 'front' ? 'front' : 'service', {
      name: service.name,
      command: () => [process.execPath, service.entry],
      prefix: () => prefix,
      cwd: checkout,
      env: {
        ...inheritedEnvironment(process.env, { reachesOut: service.name === 'model-router' }),
        ...service.env,
        ...options.environment?.[service.name],
      },
      readyTimeoutMs: options.readyTimeoutMs,
      ...(service.isShown === undefined ? {} : { isShown: service.isShown }),
      untilReady: ({ signal }) =>
        prefix.length === 0
          ? untilHttpReady(service.readyUrl, signal)
          : untilHttpReadyBehind(prefix, service.readyUrl, signal),
    });
    process_.whenReady().then(
      () => supervisor.report.done(`${service.name} is ready`, startedAtMs),
      // Told by whoever waits for the whole stack.
      () => undefined,
    );
    return process_;
  }
}

function randomSecrets(): StackSecrets {
  const random = () => randomBytes(32).toString('base64');
  return { authSecret: random(), serviceTokenSecret: random(), masterKey: random() };
}
