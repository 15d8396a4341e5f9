// For the gateway's tests: a real gateway on a real database, with two organizations and members of every role.
// Listens on a port of the system's choice; everything is gone after `close`.
import { hashApiKey } from '@sena/auth/authenticate-request';
import { seedMember } from '@sena/auth/seed-member';
import { type Role, roleSchema } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { createLogger } from '@sena/telemetry/logger';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { readEnvironment } from './env.ts';
import type { GatewaySettings } from './services.ts';
import { type Gateway, startGateway } from './start-gateway.ts';

export interface TestGateway extends Gateway {
  readonly database: TestDatabase;
  /** The superuser: for arranging and asserting. */
  readonly admin: pg.Client;
  readonly ours: TestOrganization;
  readonly theirs: TestOrganization;
  /** Every line of the log so far. */
  readonly log: string[];
  /** Another key of our owner, changed by this SQL after it was issued. */
  spoilKey(sql: string): Promise<string>;
  /** `as`: a role of our organization, another API key, or null for nobody. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  close(): Promise<void>;
}

export interface TestOrganization {
  readonly id: string;
  readonly members: Record<Role, { userId: string; email: string; apiKey: string }>;
}

export interface CallOptions {
  as?: Role | { apiKey: string } | null;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at answers of every shape
  readonly json: any;
}

export const testPassword = 'a password for tests';
export const testPublicUrl = 'http://localhost:4700';

/** `roles`: members our organization has; each takes a tenth of a second. The other organization has an owner. */
export async function openTestGateway(
  roles: readonly Role[] = roleSchema.options,
  limits: Partial<GatewaySettings['limits']> = {},
): Promise<TestGateway> {
  const database = await createTestDatabase();
  const admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  const secret = 'a secret for tests that is long enough';
  const seed = (organizationName: string, domain: string, role: Role) =>
    seedMember({
      authUrl: database.urls.identity,
      authSecret: secret,
      publicUrl: testPublicUrl,
      organizationName,
      email: `${role}@${domain}`,
      name: `${role} of ${organizationName}`,
      password: testPassword,
      role,
    });
  const seedOrganization = async (name: string, domain: string, roles: readonly Role[]): Promise<TestOrganization> => {
    const members = {} as TestOrganization['members'];
    let id = '';
    for (const role of roles) {
      const seeded = await seed(name, domain, role);
      id = seeded.organizationId;
      members[role] = { userId: seeded.userId, email: `${role}@${domain}`, apiKey: seeded.apiKey };
    }
    const { publicKeySpki, fingerprint } = generateKeyPair();
    await admin.query(
      'insert into sena.dispatch_keys (id, organization_id, public_key, fingerprint) values ($1, $2, $3, $4)',
      [newId('dkey'), id, publicKeySpki, fingerprint],
    );
    return { id, members };
  };
  const ours = await seedOrganization('Northwind', 'northwind.test', roles);
  const theirs = await seedOrganization('Contoso', 'contoso.test', ['owner']);

  const log: string[] = [];
  const logger = createLogger('gateway', 'debug', { write: (line) => void log.push(line) });
  const environment = readEnvironment({
    HOST: '127.0.0.1',
    PORT: '0',
    DATABASE_URL: database.urls.app,
    AUTH_DATABASE_URL: database.urls.identity,
    QUEUE_DATABASE_URL: database.urls.queue,
    PUBLIC_URL: testPublicUrl,
    AUTH_SECRET: secret,
    SERVICE_TOKEN_SECRET: secret,
  });
  const gateway = await startGateway(environment, logger, { failedKeysPerMinute: 10_000, ...limits });

  return {
    ...gateway,
    database,
    admin,
    ours,
    theirs,
    log,
    spoilKey: async (sql) => {
      const { apiKey } = await seed('Northwind', 'northwind.test', 'owner');
      const spoiled = await admin.query(`update identity.apikey set ${sql} where key = $1`, [hashApiKey(apiKey)]);
      if (spoiled.rowCount !== 1) throw new Error('the key to spoil is not there');
      return apiKey;
    },
    call: async (method, path, { as = 'owner', body, headers = {} } = {}) => {
      const apiKey = as === null ? null : typeof as === 'string' ? ours.members[as].apiKey : as.apiKey;
      const answer = await fetch(`${gateway.url}${path}`, {
        method,
        headers: {
          ...(apiKey === null ? {} : { authorization: `Bearer ${apiKey}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        redirect: 'manual',
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      });
      const text = await answer.text();
      const isJson = answer.headers.get('content-type')?.includes('json') ?? false;
      return { status: answer.status, headers: answer.headers, text, json: isJson ? JSON.parse(text) : undefined };
    },
    close: async () => {
      await gateway.stop();
      await admin.end();
      await database.drop();
    },
  };
}
