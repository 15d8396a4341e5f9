// For end-to-end tests that break things under load: a cloud, one node whose /srv/changes says what really happened, people who ask
// for changes and one who agrees to all of them. Starts and ends all of it.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Approval } from '@sena/contracts/http/approvals';
import type { Site } from '@sena/contracts/http/fleet';
import type { LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { eventually } from '@sena/testing/eventually';
import { type SenaApi, senaApi } from './call-sena.ts';
import { joinSatellite } from './join-satellite.ts';
import { type Cloud, type CloudOptions, startCloud } from './start-cloud.ts';

export interface Ledger {
  readonly cloud: Cloud;
  readonly api: SenaApi;
  readonly approver: SenaApi;
  readonly host: LabHost;
  /** Asks for change `n`, again while nobody answers, under one Idempotency-Key; returns the run's id. */
  ask(n: number): Promise<string>;
  ended(): Promise<number>;
  untilEnded(count: number, timeoutMs?: number): Promise<true>;
  /** Agrees to everything as soon as it is asked; returns how to stop that. */
  approveAll(): () => Promise<void>;
  /** Past SENA: one line a change that ran. */
  changes(): Promise<string[]>;
  close(): Promise<void>;
}

export const changeOf = (n: number) => `change ${n}`;

const hasEnded = (status: string) => ['succeeded', 'failed', 'cancelled'].includes(status);

/** `afterwards`: what a change does after it has left its line. */
export async function openLedger(options: CloudOptions & { afterwards?: string }): Promise<Ledger> {
  const { afterwards = '', ...cloudOptions } = options;
  const directory = await mkdtemp(path.join(tmpdir(), 'sena-ledger-'));
  const hosts = [{ name: 'ledger-1', labels: {}, faults: [] }];
  const [cloud, lab] = await Promise.all([
    startCloud(cloudOptions),
    startLab({ stateDirectory: path.join(directory, 'lab'), sites: [{ name: 'books', hosts }], kind: 'openssh' }),
  ]);
  const site = lab.sites[0] as LabSite;
  const api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  const approver = senaApi(cloud.stack.frontUrl, cloud.keys.approver);
  const { body: registered } = await api.post<Site>('/v1/sites', { name: site.name });
  for (const { name, address, port, user, hostKey } of site.hosts) {
    await api.post('/v1/nodes', { siteId: registered.id, name, address, port, runAs: user, hostKey });
  }
  await site.uplink({ host: '127.0.0.1', port: Number(new URL(cloud.stack.frontUrl).port) });
  const satellite = await joinSatellite({
    api,
    siteId: registered.id,
    url: cloud.stack.frontUrl,
    enter: site.enter,
    directory: path.join(directory, 'sat-books'),
    config: { credentials: { default: { privateKeyFile: site.clientKeyPath } }, knownHostsFile: site.knownHostsPath },
  });

  async function ended(): Promise<number> {
    const { items } = await api.get<{ items: Array<{ status: string }> }>('/v1/runs?limit=100');
    return items.filter(({ status }) => hasEnded(status)).length;
  }

  return {
    cloud,
    api,
    approver,
    host: site.hosts[0] as LabHost,
    async ask(n) {
      const key = randomUUID();
      const command = `echo ${changeOf(n)} >> /srv/changes${afterwards}`;
      return eventually(`change ${n} is accepted`, async () => {
        const body = { kind: 'command', command, selector: '*' };
        const answer = await api.post<{ id: string }>('/v1/runs', body, { 'idempotency-key': key });
        return answer.status === 202 ? answer.body.id : null;
      });
    },
    ended,
    untilEnded: (count, timeoutMs = 20_000) =>
      eventually(`${count} runs have ended`, async () => (await ended()) >= count, { timeoutMs, everyMs: 30 }),
    approveAll() {
      let isStopped = false;
      const working = (async () => {
        while (!isStopped) {
          await agree(approver);
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      })();
      return () => {
        isStopped = true;
        return working;
      };
    },
    async changes() {
      const { stdout } = await runOnHost(site, site.hosts[0] as LabHost, 'cat /srv/changes', 20_000);
      return stdout.trim().split('\n').sort();
    },
    async close() {
      await satellite.stop();
      await cloud.stop();
      await lab.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** While the gateway is away nobody is asked; the next round comes soon. */
async function agree(approver: SenaApi): Promise<void> {
  const pending = await approver
    .get<{ items: Approval[] }>('/v1/approvals?status=pending')
    .catch(() => ({ items: [] }));
  for (const { id } of pending.items) {
    const decided = await approver.decide(id, 'approve').catch(() => ({ status: 503 }));
    // Decided already by a request whose answer was lost, or asked again in the next round.
    if (![200, 409, 502, 503].includes(decided.status))
      throw new Error(`the approval was answered with ${decided.status}`);
  }
}
