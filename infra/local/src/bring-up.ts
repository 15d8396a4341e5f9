// The start from top to bottom, in its one order: database, services, members, lab, satellites, first question.
// Entered by main.ts. Everything it starts belongs to the supervisor it is given.
import { setTimeout as sleep } from 'node:timers/promises';
import { seedMember } from '@sena/auth/seed-member';
import { satelliteSchema } from '@sena/contracts/http/fleet';
import type { Run } from '@sena/contracts/http/runs';
import { databaseUrl, prepareDatabase } from '@sena/db/prepare-database';
import type { ApiAccess } from './api/call-api.ts';
import { listAll } from './api/list-all.ts';
import { runEmbeddedPostgres } from './database/run-embedded-postgres.ts';
import type { Settings } from './env.ts';
import { askFirstQuestion, firstQuestion } from './first-question.ts';
import { keepSecrets, type Secrets } from './home/keep-secrets.ts';
import type { Home } from './home/open-home.ts';
import { type LocalFile, writeLocalFile } from './home/write-local-file.ts';
import { safeText } from './report/render-line.ts';
import type { Style } from './report/style.ts';
import { seedFleet } from './seed/seed-fleet.ts';
import type { StackDatabases } from './stack/describe-services.ts';
import { startStack } from './start-stack.ts';
import type { Supervisor } from './supervisor/open-supervisor.ts';

export type BringUpOptions = {
  settings: Settings;
  home: Home;
  supervisor: Supervisor;
  style: Style;
  /** When `npm start` began, as Date.now(). */
  startedAtMs: number;
};

const databaseName = 'sena';
const organizationName = 'Demo';
const ownerEmail = 'owner@sena.local';
const approverEmail = 'approver@sena.local';

/** @throws {Error} whose message is for the person at the terminal. */
export async function bringUp({ settings, home, supervisor, style, startedAtMs }: BringUpOptions): Promise<void> {
  const { report } = supervisor;
  const secrets = keepSecrets(home.secretsFile);

  const adminUrl =
    settings.SENA_DATABASE_URL ?? (await runEmbeddedPostgres(home.data, secrets.postgresPassword, supervisor));
  const stepAtMs = performance.now();
  await prepareDatabase({ adminUrl, database: databaseName, passwords: secrets.rolePasswords });
  report.done('the database is migrated', stepAtMs);

  const databases = databasesOf(adminUrl, secrets);
  const [stack, members] = await Promise.all([
    startStack({
      databases,
      secrets,
      frontPort: settings.SENA_PORT,
      redisUrl: settings.REDIS_URL ?? null,
      model:
        settings.SENA_MODEL_URL === undefined
          ? null
          : {
              url: settings.SENA_MODEL_URL,
              name: settings.SENA_MODEL_NAME ?? '',
              key: settings.SENA_MODEL_KEY ?? null,
            },
      console: true,
      logLevel: settings.LOG_LEVEL,
      supervisor,
    }),
    seedMembers(databases, secrets),
  ]);
  const access: ApiAccess = { url: stack.frontUrl, apiKey: members.owner.apiKey };
  const local: LocalFile = {
    consoleUrl: stack.frontUrl,
    apiUrl: stack.frontUrl,
    ...members.owner,
    approver: members.approver,
  };

  if (settings.SENA_LAB === 'off') {
    writeLocalFile(home.localFile, local);
    announce(supervisor.report, style, local, startedAtMs, null);
    return;
  }
  const lab = await runLab(home, new URL(stack.frontUrl), supervisor);
  const sites = await seedFleet(
    access,
    lab.siteNames.map((name) => ({ name, nodes: lab.site(name).hosts.map(nodeOfHost) })),
  );
  const satellites = await Promise.all(sites.map((site) => runSatellite(home, access, site, lab, supervisor)));
  // A lab that was started again has new networks: those who lived in the old ones have to move.
  lab.onComeback(() => {
    for (const satellite of satellites)
      satellite.restart().catch((error: Error) => supervisor.report.warn(error.message));
  });
  writeLocalFile(home.localFile, local);
  const run = await askFirstQuestion(access);
  announce(supervisor.report, style, local, startedAtMs, run);
}

function databasesOf(adminUrl: string, secrets: Secrets): StackDatabases {
  const url = (role: LoginRole) => databaseUrl(adminUrl, databaseName, role, secrets.rolePasswords[role]);
  return {
    app: url('sena_app'),
    relay: url('sena_relay'),
    signer: url('sena_signer'),
    identity: url('sena_identity'),
    queue: url('sena_queue'),
    checkpoint: url('sena_checkpoint'),
  };
}
