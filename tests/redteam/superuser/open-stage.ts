// Where a database superuser is at work: the services, one real host, two satellites of its site that demand Adam's passkey, another customer,
// and a satellite that nobody runs. Entered by attack-as-superuser. Starts and ends all of it.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Node, Site } from '@sena/contracts/http/fleet';
import { newId } from '@sena/contracts/ids';
import type { JobName } from '@sena/contracts/jobs';
import { jobs } from '@sena/contracts/jobs';
import type { LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { openPostgresBackend } from '@sena/queue/open-postgres-backend';
import type { TestDatabase } from '@sena/testing/postgres';
import { createSoftwarePasskey, type SoftwarePasskey } from '@sena/testing/software-passkey';
import pg from 'pg';
import { type SenaApi, senaApi } from '../../e2e/call-sena.ts';
import { joinSatellite } from '../../e2e/join-satellite.ts';
import { type Cloud, startCloud } from '../../e2e/start-cloud.ts';

export interface Person {
  readonly id: string;
  readonly api: SenaApi;
}

export interface Stage {
  readonly cloud: Cloud;
  /** Triggers and references hold it up no more than it likes. */
  readonly superuser: pg.Client;
  readonly organizationId: string;
  /** Asks. */
  readonly olivia: Person;
  /** Approves; his passkey is the one that both satellites list. */
  readonly adam: Person & { readonly passkey: SoftwarePasskey };
  /** Of another organization, and the superuser. */
  readonly eve: Person & { readonly organizationId: string; readonly passkey: SoftwarePasskey };
  /** Of the same organization; its rows are there, and no process is. */
  readonly absentSatelliteId: string;
  readonly satelliteIds: readonly string[];
  /** What each satellite has logged. */
  said(): SatelliteWord[][];
  /** A job of the queue, which its owner may write too. */
  ring(job: JobName, runId: string): Promise<void>;
  /** Every line on the node that any change has left. */
  changes(): Promise<string[]>;
  sshdLog(): Promise<string>;
  close(): Promise<void>;
}

export interface SatelliteWord {
  readonly msg: string;
  readonly dispatchId?: string;
  readonly code?: string;
}

/** Adam's page is that of `sena passkey`: the cloud knows nothing of his key. */
const page = { rpId: 'localhost', origin: 'http://localhost:7362' };

export async function openStage(database?: TestDatabase): Promise<Stage> {
  const directory = await mkdtemp(path.join(tmpdir(), 'sena-superuser-'));
  const hosts = [{ name: 'ledger-1', labels: {}, faults: [] }];
  const [cloud, lab] = await Promise.all([
    startCloud({
      ...(database === undefined ? {} : { database }),
      environment: { gateway: { RATE_LIMIT_PER_MINUTE: '100000' } },
    }),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'books', hosts }], kind: 'openssh' }),
  ]);
  const site = lab.sites[0] as LabSite;
  const host = site.hosts[0] as LabHost;
  const superuser = new pg.Client({
    connectionString: cloud.database.adminUrl,
    options: '-c search_path=sena -c session_replication_role=replica',
    application_name: 'superuser',
  });
  await superuser.connect();
  const person = async (key: string) => {
    const api = senaApi(cloud.stack.frontUrl, key);
    const me = await api.get<{ user: { id: string }; organization: { id: string } }>('/v1/me');
    return { id: me.user.id, organizationId: me.organization.id, api };
  };
  const olivia = await person(cloud.keys.owner);
  const adam = { ...(await person(cloud.keys.approver)), passkey: createSoftwarePasskey(page) };
  const eve = { ...(await person(cloud.keys.stranger)), passkey: createSoftwarePasskey(page) };
  const { organizationId } = olivia;

  const siteId = await register(olivia, site, host);
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
  const { credentialId, publicKey } = adam.passkey;
  const listed = { name: 'Adam', member: adam.id, rpId: page.rpId, origins: [page.origin], credentialId, publicKey };
  const join = (name: string) =>
    joinSatellite({
      ...{ api: olivia.api, siteId, url: cloud.stack.frontUrl, enter: site.enter },
      directory: path.join(directory, name),
      config: {
        credentials: { default: { privateKeyFile: site.clientKeyPath } },
        knownHostsFile: site.knownHostsPath,
        policy: { passkeys: { requiredToChange: 1, approvers: [listed] } },
      },
    });
  const satellites = await Promise.all([join('sat-books-1'), join('sat-books-2')]);
  // Another customer registers the same host. Its satellite is away, as the third one of ours is: without one nobody is asked.
  const enrolled = async (organization: string, atSite: string) => {
    const id = newId('sat');
    await superuser.query(
      `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint) values ($1, $2, $3, $1, $1, $1)`,
      [id, organization, atSite],
    );
    return id;
  };
  await enrolled(eve.organizationId, await register(eve, site, host));
  const { body: cellar } = await olivia.api.post<Site>('/v1/sites', { name: 'cellar' });
  const absentSatelliteId = await enrolled(organizationId, cellar.id);

  const queue = await openPostgresBackend(cloud.database.urls.queue, () => undefined);
  const producers = new Map(
    await Promise.all(
      (['advanceRun', 'signDispatches'] as const).map(async (name) => {
        const producer = queue.createProducer(jobs[name].queue, { defaultJobOptions: { removeOnComplete: true } });
        producer.on('error', () => undefined);
        await producer.waitUntilReady();
        return [name, producer] as const;
      }),
    ),
  );

  return {
    ...{ cloud, superuser, organizationId, olivia, adam, eve, absentSatelliteId },
    satelliteIds: satellites.map(({ id }) => id),
    said: () => satellites.map((satellite) => satellite.log()),
    async ring(job, runId) {
      await producers.get(job as 'advanceRun')?.add(job, { organizationId, runId, traceparent: null }, {});
    },
    async changes() {
      const { stdout } = await runOnHost(site, host, 'cat /srv/changes 2>/dev/null || true', 20_000);
      return stdout.split('\n').filter((line) => line !== '');
    },
    sshdLog: () => host.sshdLog(),
    async close() {
      for (const producer of producers.values()) await producer.close();
      await queue.close();
      for (const satellite of satellites) await satellite.stop();
      await superuser.end();
      await cloud.stop();
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function register({ api }: Person, { name: siteName }: LabSite, host: LabHost): Promise<string> {
  const { body: site } = await api.post<Site>('/v1/sites', { name: siteName });
  const { name, address, port, user, hostKey } = host;
  await api.post<Node>('/v1/nodes', { siteId: site.id, name, address, port, runAs: user, hostKey });
  return site.id;
}
