// For end-to-end tests: SENA's services over a database of their own, with two members who may approve each other's
// requests and one of another organization. Starts and ends those processes; no lab, and a console only when it is asked for.
import { randomBytes } from 'node:crypto';
import { seedMember } from '@sena/auth/seed-member';
import { silentReport } from '@sena/local/report/report';
import { type Stack, type StackOptions, startStack } from '@sena/local/start-stack';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';

export interface Cloud {
  readonly stack: Stack;
  readonly database: TestDatabase;
  /** API keys: one who asks, one who approves, and the owner of another organization. */
  readonly keys: { owner: string; approver: string; stranger: string };
  /** Who approves, for the console. */
  readonly approver: { email: string; password: string };
  /** What the processes have printed. */
  log(): string;
  stop(): Promise<void>;
}

export type CloudOptions = Pick<
  StackOptions,
  'console' | 'environment' | 'frontHosts' | 'frontPort' | 'logLevel' | 'model' | 'prefix' | 'publicUrl' | 'redisUrl'
> & {
  /** PostgreSQL over its Unix socket: for processes in a network of their own. */
  databaseBySocket?: boolean;
  /** A new one of the suite's by default. */
  database?: TestDatabase;
};

export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const { databaseBySocket = false, database: given, ...stackOptions } = options;
  const database = given ?? (await createTestDatabase());
  const secret = () => randomBytes(32).toString('base64');
  const secrets = { authSecret: secret(), serviceTokenSecret: secret(), masterKey: secret() };
  const lines: string[] = [];
  const [stack, { keys, approver }] = await Promise.all([
    startStack({
      ...stackOptions,
      databases: databaseBySocket ? database.socketUrls : database.urls,
      secrets,
      report: silentReport((line) => lines.push(line)),
    }),
    seedMembers(database, secrets.authSecret),
  ]);
  return {
    stack,
    database,
    keys,
    approver,
    log: () => lines.join('\n'),
    async stop() {
      await stack.stop();
      await database.drop();
    },
  };
}

async function seedMembers(database: TestDatabase, authSecret: string): Promise<Pick<Cloud, 'keys' | 'approver'>> {
  const seed = async (name: string, organizationName: string, role: 'owner' | 'approver') => {
    const email = `${name}@${organizationName}.test`;
    const password = randomBytes(16).toString('base64');
    const { apiKey } = await seedMember({
      authUrl: database.urls.identity,
      authSecret,
      publicUrl: 'http://localhost',
      organizationName,
      email,
      name,
      password,
      role,
    });
    return { apiKey, email, password };
  };
  const owner = await seed('olivia', 'acme', 'owner');
  const { apiKey, ...approver } = await seed('adam', 'acme', 'approver');
  const stranger = await seed('eve', 'elsewhere', 'owner');
  return { keys: { owner: owner.apiKey, approver: apiKey, stranger: stranger.apiKey }, approver };
}
