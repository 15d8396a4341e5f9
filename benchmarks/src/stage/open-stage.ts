// What every benchmark of the whole product stands on: a PostgreSQL of its own that syncs like any other, SENA's services as
// processes of their own, an organization with one member. Starts and ends those; writes below a temporary directory.
import { randomBytes } from 'node:crypto';
import { chmod, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seedMember } from '@sena/auth/seed-member';
import { databaseUrl, prepareDatabase } from '@sena/db/prepare-database';
import { type LoginRole, loginRoles } from '@sena/db/roles';
import { runEmbeddedPostgres } from '@sena/local/database/run-embedded-postgres';
import { silentReport } from '@sena/local/report/report';
import { type Stack, startStack } from '@sena/local/start-stack';
import { openSupervisor } from '@sena/local/supervisor/open-supervisor';
import pg from 'pg';
import { noteBeginning } from '../measure/summarize-profiles.ts';
import { callSena, type SenaApi } from './call-sena.ts';
import { leaveNothing } from './leave-nothing.ts';
import { countStatements, forgetStatements, keepPlans, writeStatements } from './profile-statements.ts';

const database = 'bench';
const complaintsShown = 20;

export interface Stage {
  readonly stack: Stack;
  readonly api: SenaApi;
  readonly apiKey: string;
  readonly organizationId: string;
  /** The superuser, for arranging and for looking at what was stored. */
  readonly admin: pg.Client;
  /** Empty, gone at the end. Everybody may enter it. */
  readonly directory: string;
  /** Where satellites connect: the public address. */
  readonly tunnelUrl: string;
  readonly postgresPid: number;
  /** Prints the last warnings and errors of SENA's processes: for a benchmark that failed. */
  showComplaints(): void;
  /** What statements cost is counted from here on; without a profile this does nothing. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

/** `profileDirectory`: each service writes a CPU profile there when it ends. */
export async function openStage(options: { profileDirectory?: string | null } = {}): Promise<Stage> {
  const { profileDirectory = null } = options;
  const directory = await mkdtemp(path.join(tmpdir(), 'sena-benchmark-'));
  await chmod(directory, 0o755);
  const data = path.join(directory, 'database');
  await mkdir(data, { mode: 0o755 });
  const lines: string[] = [];
  const report = silentReport((line) => lines.push(line));
  const supervisor = openSupervisor({ report, table: null });
  let admin: pg.Client | null = null;
  const close = leaveNothing(async () => {
    if (admin !== null && profileDirectory !== null) await writeStatements(admin, profileDirectory);
    await admin?.end();
    await supervisor.stop();
    if (admin !== null && profileDirectory !== null) await keepPlans(data, profileDirectory);
    await rm(directory, { recursive: true, force: true });
  });
  const secret = () => randomBytes(32).toString('base64');
  const passwords = Object.fromEntries(loginRoles.map((role) => [role, secret()])) as Record<LoginRole, string>;
  try {
    const adminUrl = await runEmbeddedPostgres(data, secret(), supervisor);
    if (profileDirectory !== null) await countStatements(adminUrl, data);
    await prepareDatabase({ adminUrl, database, passwords });
    const urlOf = (role: LoginRole) => databaseUrl(adminUrl, database, role, passwords[role]);
    const authSecret = secret();
    const profiled = { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profileDirectory}` };
    const services = ['gateway', 'orchestrator', 'signer', 'relay'] as const;
    const stack = await startStack({
      supervisor,
      report,
      databases: {
        app: urlOf('sena_app'),
        relay: urlOf('sena_relay'),
        signer: urlOf('sena_signer'),
        identity: urlOf('sena_identity'),
        queue: urlOf('sena_queue'),
        checkpoint: urlOf('sena_checkpoint'),
      },
      secrets: { authSecret, serviceTokenSecret: secret(), masterKey: secret() },
      environment: profileDirectory === null ? {} : Object.fromEntries(services.map((name) => [name, profiled])),
    });
    const { organizationId, apiKey } = await seedMember({
      authUrl: urlOf('sena_identity'),
      authSecret,
      publicUrl: 'http://localhost',
      organizationName: 'benchmark',
      email: 'olivia@benchmark.test',
      name: 'olivia',
      password: secret(),
      role: 'owner',
    });
    const address = new URL(adminUrl);
    address.pathname = `/${database}`;
    const client = new pg.Client({ connectionString: address.href, connectionTimeoutMillis: 10_000 });
    await client.connect();
    admin = client;
    await client.query('set search_path = sena, public');
    if (profileDirectory !== null) await client.query('create extension pg_stat_statements');
    return {
      ...{ stack, apiKey, organizationId, admin: client, directory, close },
      tunnelUrl: `${stack.frontUrl.replace(/^http/, 'ws')}/v1/tunnel`,
      postgresPid: Number((await readFile(path.join(data, 'postgres', 'postmaster.pid'), 'utf8')).split('\n', 1)[0]),
      api: callSena(stack.frontUrl, apiKey),
      showComplaints() {
        const complaints = lines.filter((line) => /"level":"(warn|error|fatal)"/.test(line));
        console.error(complaints.slice(-complaintsShown).join('\n'));
      },
      async forget() {
        if (profileDirectory === null) return;
        await forgetStatements(client);
        await noteBeginning(profileDirectory);
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}
