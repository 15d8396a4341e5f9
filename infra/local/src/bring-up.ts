// The start from top to bottom, in its one order: database, services and lab, members, satellites, first question.
// Entered by main.ts. Everything it starts belongs to the supervisor it is given.
import path from 'node:path';
import { databaseUrl, prepareDatabase } from '@sena/db/prepare-database';
import type { LoginRole } from '@sena/db/roles';
import { announce } from './announce.ts';
import type { ApiAccess } from './api/call-api.ts';
import { reachDatabase } from './database/reach-database.ts';
import { runEmbeddedPostgres } from './database/run-embedded-postgres.ts';
import type { Settings } from './env.ts';
import { askFirstQuestion } from './first-question.ts';
import { keepSecrets, type Secrets } from './home/keep-secrets.ts';
import type { Home } from './home/open-home.ts';
import { type LocalFile, writeLocalFile } from './home/write-local-file.ts';
import type { Style } from './report/style.ts';
import { seedFleet } from './seed/seed-fleet.ts';
import { seedMembers } from './seed/seed-members.ts';
import { type RunningLab, runLab } from './site/run-lab.ts';
import { runSatellite } from './site/run-satellite.ts';
import type { ModelVendor, StackDatabases } from './stack/describe-services.ts';
import { reachRedis } from './stack/reach-redis.ts';
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

/** @throws {Error} whose message is for the person at the terminal. */
export async function bringUp({ settings, home, supervisor, style, startedAtMs }: BringUpOptions): Promise<void> {
  const { report } = supervisor;
  if (settings.REDIS_URL !== undefined) await reachRedis(settings.REDIS_URL);
  const secrets = keepSecrets(home.secretsFile);

  const adminUrl =
    settings.SENA_DATABASE_URL ?? (await runEmbeddedPostgres(home.data, secrets.postgresPassword, supervisor));
  const isOurs = settings.SENA_DATABASE_URL === undefined;
  const migratingAtMs = performance.now();
  await supervisor.usesDatabase(
    reachDatabase(() => prepareDatabase({ adminUrl, database: databaseName, passwords: secrets.rolePasswords }), {
      what: 'migrating it',
      isOurs,
      report,
    }),
  );
  report.done('the database is migrated', migratingAtMs);

  const databases = databasesOf(adminUrl, secrets);
  const localUrl = `http://localhost:${settings.SENA_PORT}`;
  const publicUrl = settings.SENA_PUBLIC_URL ?? localUrl;
  const [, members, lab] = await Promise.all([
    startStack({
      databases,
      secrets,
      frontPort: settings.SENA_PORT,
      publicUrl,
      redisUrl: settings.REDIS_URL ?? null,
      model: modelOf(settings),
      console: true,
      logLevel: settings.LOG_LEVEL,
      supervisor,
    }),
    supervisor.usesDatabase(
      reachDatabase(
        () => seedMembers({ identityUrl: databases.identity, publicUrl, secrets, secretsFile: home.secretsFile }),
        { what: 'making its members', isOurs, report },
      ),
    ),
    settings.SENA_LAB === 'off'
      ? null
      : runLab({ home, publicUrl: new URL(localUrl), isSimulated: settings.SENA_LAB === 'simulated' }, supervisor),
  ]);
  const local: LocalFile = { consoleUrl: publicUrl, apiUrl: localUrl, ...members.owner, approver: members.approver };
  const access: ApiAccess = { url: localUrl, apiKey: members.owner.apiKey };

  if (lab !== null) await joinSites(home, access, lab, supervisor);
  writeLocalFile(home.localFile, local);
  const run = lab === null ? null : await askFirstQuestion(access);
  const within = path.relative(home.checkout, home.localFile);
  const localFile = within.startsWith('..') ? home.localFile : within;
  announce(report, style, { local, localFile, run, startMs: Date.now() - startedAtMs });
}

/** Registers the lab's hosts and lets a satellite join at each site. */
async function joinSites(home: Home, access: ApiAccess, lab: RunningLab, supervisor: Supervisor): Promise<void> {
  const sites = await seedFleet(
    access,
    lab.siteNames.map((name) => ({
      name,
      nodes: lab.site(name).hosts.map(({ user, ...host }) => ({ ...host, runAs: user })),
    })),
  );
  const satellites = await Promise.all(sites.map((site) => runSatellite(home, access, site, lab, supervisor)));
  // A lab that was started again has new networks: those who lived in the old ones have to move.
  lab.onComeback(() => {
    for (const satellite of satellites) {
      satellite.restart().catch((error: Error) => supervisor.report.warn(error.message));
    }
  });
}

function modelOf(settings: Settings): ModelVendor | null {
  const { SENA_MODEL_URL: url, SENA_MODEL_NAME: name, SENA_MODEL_NAME_FAST: nameFast } = settings;
  const { SENA_MODEL_KEY: key, SENA_MODEL_PRIVATE: isPrivate } = settings;
  if (url === undefined) return null;
  return {
    url,
    name: name ?? null,
    nameFast: nameFast ?? null,
    key: key ?? null,
    isPrivate: isPrivate === undefined ? null : isPrivate === '1',
  };
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
