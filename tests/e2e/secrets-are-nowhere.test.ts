// A node holds five hundred secrets in a file that nobody called secret. People read it, a model asks for it, and then everything that SENA
// keeps and says is searched: every table, every log line, every prompt.
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Site } from '@sena/contracts/http/fleet';
import type { Execution, Run } from '@sena/contracts/http/runs';
import type { Lab, LabHost, LabSite } from '@sena/lab/lab';
import { runOnHost } from '@sena/lab/run-on-host';
import { startLab } from '@sena/lab/start-lab';
import { plantSecrets } from '@sena/redaction/fixtures/plant-secrets';
import { eventually } from '@sena/testing/eventually';
import { type ScriptedVendor, startScriptedVendor, type VendorRequest } from '@sena/testing/scripted-vendor';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SenaApi, senaApi } from './call-sena.ts';
import { type JoinedSatellite, joinSatellite } from './join-satellite.ts';
import { type Cloud, startCloud } from './start-cloud.ts';

const planted = plantSecrets(500_500, 500);
const report = planted.map(({ text }, index) => `entry ${index}\n${text}`).join('');
/** What no rule knows: the site's owner has listed it. */
const canary = `canary-${randomBytes(12).toString('hex')}`;
/** What a person puts into a question is theirs and stays in the question; no model gets it. */
const asked = `Zq7${randomBytes(9).toString('hex')}`;

let directory: string;
let lab: Lab;
let site: LabSite;
let vendor: ScriptedVendor;
let cloud: Cloud;
let satellite: JoinedSatellite;
let api: SenaApi;
let approver: SenaApi;
let host: LabHost;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sena-secrets-'));
  vendor = await startScriptedVendor(readThenReport);
  [cloud, lab] = await Promise.all([
    startCloud({ model: { url: vendor.url, name: 'scripted', key: null }, logLevel: 'debug' }),
    startLab({
      stateDirectory: path.join(directory, 'lab'),
      sites: [{ name: 'vault', hosts: [{ name: 'web-01', labels: {}, faults: [] }] }],
      kind: 'openssh',
    }),
  ]);
  site = lab.sites[0] as LabSite;
  host = site.hosts[0] as LabHost;
  await write('/srv/report', `${report}and ${canary}\n`);

  api = senaApi(cloud.stack.frontUrl, cloud.keys.owner);
  approver = senaApi(cloud.stack.frontUrl, cloud.keys.approver);
  const { body: registered } = await api.post<Site>('/v1/sites', { name: site.name });
  const { name, address, port, user: runAs, hostKey } = host;
  const node = { name, address, port, runAs, hostKey, siteId: registered.id };
  const { status, body } = await api.post('/v1/nodes', node);
  if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
  const frontPort = Number(new URL(cloud.stack.frontUrl).port);
  await site.uplink({ host: '127.0.0.1', port: frontPort });
  satellite = await joinSatellite({
    ...{ api, siteId: registered.id, url: cloud.stack.frontUrl, enter: site.enter },
    directory: path.join(directory, 'sat-vault'),
    config: {
      credentials: { default: { privateKeyFile: site.clientKeyPath } },
      redaction: { canaries: [canary] },
      logLevel: 'debug',
    },
  });
}, 90_000);

afterAll(async () => {
  await satellite?.stop();
  await cloud?.stop();
  await lab?.stop();
  await vendor?.stop();
  await rm(directory, { recursive: true, force: true });
}, 30_000);

async function write(file: string, text: string): Promise<void> {
  await runOnHost(site, host, `: > ${file}.b64`);
  for (const piece of Buffer.from(text)
    .toString('base64')
    .match(/.{1,50000}/g) ?? []) {
    await runOnHost(site, host, `printf %s ${piece} >> ${file}.b64`);
  }
  await runOnHost(site, host, `base64 -d ${file}.b64 > ${file} && rm ${file}.b64`);
}

/** The model reads the file, then reports what it read. */
function readThenReport(request: VendorRequest) {
  const results = request.messages.filter((message) => message.role === 'tool');
  if (results.length === 0) {
    const arguments_ = { title: 'The report', command: 'cat /srv/report' };
    return { kind: 'call' as const, tools: [{ name: 'run_command', arguments: arguments_ }] };
  }
  const said = String(results.at(-1)?.content);
  const ids = said.match(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g) ?? [];
  const finding = { claim: `It says ${said.slice(0, 3_000)}`, severity: 'info', executionIds: ids.slice(0, 1) };
  return { kind: 'call' as const, tools: [{ name: 'report', arguments: { answer: 'Read.', findings: [finding] } }] };
}

function expectNone(where: string, text: string, also: readonly string[] = []): void {
  const found = planted.flatMap(({ kind, parts }) => parts.filter((part) => text.includes(part)).map(() => kind));
  expect(found, where).toEqual([]);
  for (const secret of [canary, ...also]) expect(text.includes(secret), where).toBe(false);
}

describe('after people and a model have read it', () => {
  let execution: Execution;
  beforeAll(async () => {
    const read = await api.run({ kind: 'command', command: 'cat /srv/report', selector: '*' });
    expect(read).toMatchObject({ status: 'succeeded', counts: { total: 1, exitedZero: 1 } });
    const change = await api.run({ kind: 'command', command: 'cat /srv/report | tee /srv/copy >&2', selector: '*' });
    await approver.decide((await api.approval(change.id)).id, 'approve');
    await eventually(
      'the change has run',
      async () => (await api.get<Run>(`/v1/runs/${change.id}`)).status === 'succeeded',
      {
        timeoutMs: 30_000,
      },
    );
    const question = await api.run({ kind: 'ask', prompt: `What does the report say? DB_PASSWORD=${asked}` });
    expect(question).toMatchObject({ status: 'succeeded', planner: 'model' });
    [execution] = (await api.executions(read.id)) as [Execution];
  }, 90_000);

  it('the output says where something was masked, and holds everything else', async () => {
    const shown = await api.output(execution.id);
    expectNone('the output', shown.toString('latin1'));
    expect(shown.toString('latin1').match(/^entry \d+$/gm)).toHaveLength(500);
    const raw = Buffer.from(`${report}and ${canary}\n`);
    const alone = await api.get<Execution>(`/v1/executions/${execution.id}`);
    const masked = Buffer.from(raw);
    for (const { start, end } of alone.redaction?.stdout?.spans ?? []) masked.fill('*', start, end);
    expect(shown.equals(masked)).toBe(true);
    const onNode = await runOnHost(site, host, 'sha256sum < /srv/report');
    expect(alone.redaction?.stdout?.rawSha256).toBe(onNode.stdout.slice(0, 64));
    expect(alone.redaction?.stdout?.count).toBeGreaterThanOrEqual(500);
    // A list says how many; the places are for whoever asks for one.
    expect(execution.redaction?.stdout).toMatchObject({ count: alone.redaction?.stdout?.count });
    expect(execution.redaction?.stdout?.spans).toBeUndefined();
  });

  it('no table of the database holds one', async () => {
    const rows = await readDatabase();
    // It was searched: what the node said beside its secrets is there.
    expect(rows).toContain('entry 499');
    expectNone('the database', rows);
  });

  it('no prompt holds one, nor what a person put into the question', () => {
    const prompts = JSON.stringify(vendor.requests().map(({ body }) => body));
    expect(prompts).toContain('What does the report say?');
    expect(prompts).toContain('entry 1');
    expectNone('the prompts', prompts, [asked]);
  });

  it('no log and nothing the satellite keeps holds one', async () => {
    const log = cloud.log();
    expect(log).toContain('model call');
    expectNone('the logs of the services', log, [asked]);
    expectNone("the satellite's log", JSON.stringify(satellite.log()), [asked]);
    const state = path.join(directory, 'sat-vault', 'satellite.state');
    const journal = (await readdir(state)).filter((name) => name.startsWith('journal'));
    expect(journal.length).toBeGreaterThan(0);
    for (const name of journal) expectNone(name, await readFile(path.join(state, name), 'latin1'));
  });
});

/** Every column of every row of every table, as text. */
async function readDatabase(): Promise<string> {
  const client = new pg.Client({ connectionString: cloud.database.adminUrl });
  await client.connect();
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables
       where schemaname not in ('pg_catalog', 'information_schema')`,
    );
    const texts: string[] = [];
    for (const { name } of tables.rows) {
      const { rows } = await client.query<Record<string, unknown>>(`select * from ${name}`);
      for (const row of rows) {
        for (const value of Object.values(row)) {
          texts.push(Buffer.isBuffer(value) ? value.toString('latin1') : (JSON.stringify(value) ?? ''));
        }
      }
    }
    return texts.join('\n');
  } finally {
    await client.end();
  }
}
