// Which processes make SENA, and what each is told: docs/architecture/processes.md as a table.
// Pure.
import path from 'node:path';

export const serviceNames = ['model-router', 'signer', 'gateway', 'orchestrator', 'relay', 'console', 'front'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** PostgreSQL addresses, one for each role that services log in with. */
export type StackDatabases = {
  app: string;
  relay: string;
  signer: string;
  identity: string;
  queue: string;
  checkpoint: string;
};
export type StackSecrets = { authSecret: string; serviceTokenSecret: string; masterKey: string };
/** What is not given is the model router's to decide. */
export type ModelVendor = {
  url: string;
  name?: string | null;
  nameFast?: string | null;
  key: string | null;
  /** What is sent there stays on the operator's premises. */
  isPrivate?: boolean | null;
};

export type StackPlan = {
  checkout: string;
  databases: StackDatabases;
  secrets: StackSecrets;
  publicUrl: string;
  ports: Record<ServiceName, number>;
  frontHosts: string[];
  redisUrl: string | null;
  model: ModelVendor | null;
  withConsole: boolean;
  logLevel: string;
};

export type ServiceDescription = {
  name: ServiceName;
  /** TypeScript or JavaScript that Node runs. */
  entry: string;
  env: Record<string, string>;
  /** Answers below 400 once the process is ready. */
  readyUrl: string;
  /** Which of its lines are worth showing; all by default. */
  isShown?: (line: string) => boolean;
};

export function describeServices(plan: StackPlan): ServiceDescription[] {
  const { checkout, databases, secrets, ports, model } = plan;
  const url = (name: ServiceName) => `http://127.0.0.1:${ports[name]}`;
  const entry = (name: ServiceName) => path.join(checkout, 'services', name, 'src', 'main.ts');
  const queue: Record<string, string> =
    plan.redisUrl === null ? { QUEUE_DATABASE_URL: databases.queue } : { REDIS_URL: plan.redisUrl };
  const modelConfigured: Record<string, string> = model === null ? {} : { MODEL_CONFIGURED: '1' };
  const service = (name: ServiceName, env: Record<string, string>): ServiceDescription => ({
    name,
    entry: entry(name),
    env: { HOST: '127.0.0.1', PORT: String(ports[name]), LOG_LEVEL: plan.logLevel, ...env },
    readyUrl: `${url(name)}/readyz`,
  });

  return [
    service('model-router', {
      DATABASE_URL: databases.app,
      SERVICE_TOKEN_SECRET: secrets.serviceTokenSecret,
      ...(model === null ? {} : describeModel(model)),
    }),
    service('signer', {
      DATABASE_URL: databases.signer,
      PUBLIC_URL: plan.publicUrl,
      MASTER_KEY: secrets.masterKey,
      ...queue,
    }),
    service('gateway', {
      DATABASE_URL: databases.app,
      AUTH_DATABASE_URL: databases.identity,
      PUBLIC_URL: plan.publicUrl,
      AUTH_SECRET: secrets.authSecret,
      SERVICE_TOKEN_SECRET: secrets.serviceTokenSecret,
      ...modelConfigured,
      ...queue,
    }),
    service('orchestrator', {
      DATABASE_URL: databases.app,
      CHECKPOINT_DATABASE_URL: databases.checkpoint,
      SERVICE_TOKEN_SECRET: secrets.serviceTokenSecret,
      MODEL_ROUTER_URL: url('model-router'),
      ...modelConfigured,
      ...queue,
    }),
    service('relay', { DATABASE_URL: databases.relay, ...queue }),
    ...(plan.withConsole ? [describeConsole(plan)] : []),
    {
      name: 'front',
      entry: path.join(checkout, 'infra', 'local', 'src', 'front', 'main.ts'),
      env: {
        HOSTS: plan.frontHosts.join(','),
        PORT: String(ports.front),
        LOG_LEVEL: plan.logLevel,
        GATEWAY_URL: url('gateway'),
        RELAY_URL: url('relay'),
        ...(plan.withConsole ? { CONSOLE_URL: url('console') } : {}),
      },
      readyUrl: `http://${bracketed(plan.frontHosts[0] ?? '127.0.0.1')}:${ports.front}/_front/healthz`,
    },
  ];
}

function describeModel({ url, name, nameFast, key, isPrivate }: ModelVendor): Record<string, string> {
  return {
    SENA_MODEL_URL: url,
    ...(name ? { SENA_MODEL_NAME: name } : {}),
    ...(nameFast ? { SENA_MODEL_NAME_FAST: nameFast } : {}),
    ...(key ? { SENA_MODEL_KEY: key } : {}),
    ...(typeof isPrivate === 'boolean' ? { SENA_MODEL_PRIVATE: isPrivate ? '1' : '0' } : {}),
  };
}

/** Next's standalone server; it names its host differently. */
function describeConsole({ checkout, ports, logLevel }: StackPlan): ServiceDescription {
  return {
    name: 'console',
    entry: path.join(checkout, 'apps', 'console', '.next', 'standalone', 'apps', 'console', 'server.js'),
    env: {
      NODE_ENV: 'production',
      HOSTNAME: '127.0.0.1',
      PORT: String(ports.console),
      LOG_LEVEL: logLevel,
      GATEWAY_URL: `http://127.0.0.1:${ports.gateway}`,
      NEXT_TELEMETRY_DISABLED: '1',
    },
    readyUrl: `http://127.0.0.1:${ports.console}/readyz`,
    // Next's greeting names an address behind the front, where no API answers.
    isShown: (line) => !/^\s*(?:▲|-|✓)\s/.test(line),
  };
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}
