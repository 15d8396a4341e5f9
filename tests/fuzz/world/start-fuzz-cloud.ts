// What is fuzzed: a gateway and a relay in processes of their own over a real PostgreSQL, with an idle process beside them for comparison.
// Entered by run-fuzz. Starts and stops those processes.
import { randomBytes } from 'node:crypto';
import { seedMember } from '@sena/auth/seed-member';
import type { Role } from '@sena/contracts/domain/principal';
import { newId } from '@sena/contracts/ids';
import { databaseUrl, prepareDatabase } from '@sena/db/prepare-database';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { startPostgresServer } from '@sena/testing/postgres-server';
import pg from 'pg';
import { type MeasuredProcess, startMeasuredProcess } from './start-measured-process.ts';

const database = 'sena';
export const publicUrl = 'http://localhost:4700';
export const password = 'a password for fuzzing';

export interface SeededPerson {
  readonly email: string;
  readonly userId: string;
  readonly organizationId: string;
  readonly apiKey: string;
}

export interface FuzzCloud {
  readonly gateway: MeasuredProcess & { readonly ready: { readonly port: number } };
  readonly relay: MeasuredProcess & { readonly ready: { readonly port: number } };
  readonly control: MeasuredProcess;
  /** The superuser, on the schema sena. */
  readonly admin: pg.Client;
  readonly adminUrl: string;
  /** The role sena_app. */
  readonly appUrl: string;
  readonly serviceTokenSecret: string;
  seed(organizationName: string, role: Role): Promise<SeededPerson>;
  stop(): Promise<void>;
}

export async function startFuzzCloud(): Promise<FuzzCloud> {
  const stops: Array<() => Promise<unknown>> = [];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const postgres = await startPostgresServer();
    stops.push(() => postgres.stop());
    const roles = ['owner', 'app', 'relay', 'signer', 'identity', 'queue', 'checkpoint'] as const;
    const passwords = Object.fromEntries(roles.map((role) => [`sena_${role}`, randomBytes(12).toString('hex')]));
    await prepareDatabase({ adminUrl: postgres.adminUrl, database, passwords: passwords as never });
    const urlOf = (role: (typeof roles)[number]) =>
      databaseUrl(postgres.adminUrl, database, `sena_${role}`, passwords[`sena_${role}`] ?? '');
    const adminUrl = new URL(postgres.adminUrl);
    adminUrl.pathname = `/${database}`;
    const admin = new pg.Client({ connectionString: adminUrl.href, options: '-c search_path=sena' });
    await admin.connect();
    stops.push(() => admin.end());

    const authSecret = randomBytes(32).toString('base64');
    const serviceTokenSecret = randomBytes(32).toString('base64');
    const common = { HOST: '127.0.0.1', PORT: '0', QUEUE_DATABASE_URL: urlOf('queue'), LOG_LEVEL: 'warn' };
    const control = await startMeasuredProcess({
      name: 'idle',
      program: ['tests/fuzz/measure/idle-main.ts'],
      environment: {},
      isReady: (line) => (line === 'idle' ? true : null),
    });
    stops.push(() => control.stop());
    const gateway = await startMeasuredProcess({
      name: 'gateway',
      program: ['services/gateway/src/main.ts'],
      environment: {
        ...common,
        LOG_LEVEL: 'info',
        DATABASE_URL: urlOf('app'),
        AUTH_DATABASE_URL: urlOf('identity'),
        PUBLIC_URL: publicUrl,
        AUTH_SECRET: authSecret,
        SERVICE_TOKEN_SECRET: serviceTokenSecret,
        RATE_LIMIT_PER_MINUTE: '100000000',
      },
      isReady: (line) => {
        const url = /"url":"http:\/\/127\.0\.0\.1:(\d+)"/.exec(line)?.[1];
        return url === undefined ? null : { port: Number(url) };
      },
    });
    stops.push(() => gateway.stop());
    const relay = await startMeasuredProcess({
      name: 'relay',
      program: ['services/relay/src/main.ts'],
      environment: { ...common, LOG_LEVEL: 'info', DATABASE_URL: urlOf('relay'), RELAY_ID: 'relay-1' },
      isReady: (line) => {
        const port = /"port":(\d+).*"relay listens"/.exec(line)?.[1];
        return port === undefined ? null : { port: Number(port) };
      },
    });
    stops.push(() => relay.stop());
    let people = 0;
    return {
      ...{ gateway, relay, control, admin, adminUrl: adminUrl.href, appUrl: urlOf('app'), serviceTokenSecret },
      async seed(organizationName, role) {
        people += 1;
        const email = `${role}-${people}@${organizationName}.test`;
        const seeded = await seedMember({
          ...{ authUrl: urlOf('identity'), authSecret, publicUrl, organizationName, email, password, role },
          name: `${role} ${people}`,
        });
        await ensureDispatchKey(admin, seeded.organizationId);
        return { email, ...seeded };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** There is no signer; without a key nobody gets a join token. */
async function ensureDispatchKey(admin: pg.Client, organizationId: string): Promise<void> {
  const { publicKeySpki, fingerprint } = generateKeyPair();
  await admin.query(
    `insert into dispatch_keys (id, organization_id, public_key, fingerprint)
     select $1, $2, $3, $4 where not exists (select from dispatch_keys where organization_id = $2)`,
    [newId('dkey'), organizationId, publicKeySpki, fingerprint],
  );
}
