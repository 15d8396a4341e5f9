import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, getCACertificates, setDefaultCACertificates } from 'node:tls';
import { appendAuditEvents } from '@sena/audit/append-audit-event';
import { createSink, deleteSink, listSinks, sinkSecret } from '@sena/audit/audit-sinks';
import { claimSink } from '@sena/audit/claim-sink';
import { sealOrganization } from '@sena/audit/seal-organization';
import type { SealedRecord } from '@sena/audit/verify-chain';
import { inOrganization, openPool, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import { seedFleet } from '@sena/testing/seed-fleet';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { deliverDue } from './deliver-due.ts';

const serviceSecret = 'a secret for tests that is long enough';
const logger = createLogger('orchestrator', 'silent');
const here = new Set(['127.0.0.1']);

let database: TestDatabase;
let pool: Pool;
let admin: pg.Client;
let organizationId: string;
const servers: Array<{ close(): void }> = [];

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 8, applicationName: 'test', onError: () => undefined });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await admin.query('set search_path = sena');
});
afterAll(async () => {
  await admin.end();
  await pool.end();
  await database.drop();
});
beforeEach(async () => {
  await admin.query('delete from audit_sinks');
  ({ organizationId } = await seedFleet(database.adminUrl));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

const inOurs = <T>(work: (transaction: TenantTransaction) => Promise<T>) => inOrganization(pool, organizationId, work);
async function record(count: number, data: Record<string, unknown> = {}): Promise<void> {
  const events = Array.from({ length: count }, (_, n) => ({
    action: 'a.b',
    actor: { ref: 'member:"m"', key: { id: 'key_9', name: 'deploy-bot' } },
    subject: `s]${n}\\`,
    data,
  }));
  await inOurs((transaction) => appendAuditEvents(transaction, events));
  await sealOrganization(pool, organizationId);
}
const sinkTo = (
  kind: 'webhook' | 'syslog',
  address: string,
  from: 'beginning' | 'now' = 'beginning',
  privateHosts = here,
) => inOurs((transaction) => createSink(transaction, { kind, address, from }, { actor: 'service:test', privateHosts }));
const deliver = (privateHosts: ReadonlySet<string> = here, stopping = new AbortController().signal) =>
  deliverDue(pool, logger, { serviceSecret, privateHosts, stopping });
const sink = async () => (await inOurs(listSinks))[0];
const makeDue = () => admin.query('update audit_sinks set next_attempt_at = now()');

interface Received {
  headers: IncomingHttpHeaders;
  body: string;
  records: SealedRecord[];
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

async function webhook(
  answer: (received: Received, number: number) => { status: number; headers?: Record<string, string> },
) {
  const all: Received[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (text: string) => {
      body += text;
    });
    request.on('end', () => {
      const received = { headers: request.headers, body, records: JSON.parse(body).records };
      all.push(received);
      const { status, headers } = answer(received, all.length);
      response.writeHead(status, headers).end('thanks');
    });
  });
  const port = await listen(server);
  return { all, address: `http://127.0.0.1:${port}/audit?x=1` };
}

test('a webhook gets every record once and in order, signed, in several deliveries', async () => {
  const { all, address } = await webhook(() => ({ status: 204 }));
  await record(600);
  const { id } = await sinkTo('webhook', address);
  while ((await deliver()) > 0);
  await record(2);
  await deliver();
  const seqs = all.flatMap(({ records }) => records.map(({ seq }) => seq));
  const last = (await sink())?.lastSeq ?? 0;
  expect(seqs).toEqual(Array.from({ length: last }, (_, n) => n + 1));
  expect(await sink()).toMatchObject({ takenSeq: last, failures: 0, lastError: null });
  for (const { headers, body } of all) {
    const [, at, hex] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers['sena-signature'])) ?? [];
    expect(hex).toBe(createHmac('sha256', sinkSecret(serviceSecret, id)).update(`${at}.${body}`).digest('hex'));
    expect(Math.abs(Number(at) * 1_000 - Date.now())).toBeLessThan(60_000);
  }
  expect(new Set(all.map(({ headers }) => headers['sena-delivery'])).size).toBe(all.length);
});

test('what is not taken comes again, later each time, under the same name; then it goes on', async () => {
  const { all, address } = await webhook((_, number) => ({ status: number < 4 ? 503 : 200 }));
  await record(3);
  await sinkTo('webhook', address);
  const waits: number[] = [];
  for (let n = 0; n < 3; n += 1) {
    expect(await deliver()).toBe(0);
    const now = await sink();
    expect(now).toMatchObject({ failures: n + 1, takenSeq: 0, lastError: 'It answered HTTP 503.' });
    waits.push(Date.parse(now?.nextAttemptAt ?? '') - Date.now());
    // Not before its time.
    expect(await deliver()).toBe(0);
    expect(all.length).toBe(n + 1);
    await makeDue();
  }
  expect(waits[2]).toBeGreaterThan(waits[0] ?? 0);
  expect(await deliver()).toBe(1);
  expect(new Set(all.map(({ headers }) => headers['sena-delivery'])).size).toBe(1);
  expect(await sink()).toMatchObject({ failures: 0, takenSeq: (await sink())?.lastSeq });
});

test('of an address the audit has the host alone: the rest may be a secret', async () => {
  const made = await sinkTo('webhook', 'http://127.0.0.1:9/a-secret-path?token=a-secret');
  await inOurs((transaction) => deleteSink(transaction, made.id, { ref: 'member:m', key: null }));
  const rows = await admin.query<{ action: string; data: object }>(
    `select action, data from audit_events where organization_id = $1 and action like 'audit_sink.%' order by id`,
    [organizationId],
  );
  expect(rows.rows.map(({ action }) => action)).toEqual(['audit_sink.created', 'audit_sink.deleted']);
  expect(JSON.stringify(rows.rows)).toContain('127.0.0.1:9');
  expect(JSON.stringify(rows.rows)).not.toContain('secret');
});

test('a redirect is not followed, wherever it leads', async () => {
  const inside = await webhook(() => ({ status: 200 }));
  const { all, address } = await webhook(() => ({ status: 307, headers: { location: inside.address } }));
  await record(1);
  await sinkTo('webhook', address);
  await deliver();
  expect(all.length).toBe(1);
  expect(inside.all).toEqual([]);
  expect((await sink())?.lastError).toMatch(/HTTP 307\. Redirects are not followed/);
});

test('a name that resolves inside is not connected to, also when it did not when the sink was made', async () => {
  const { all, address } = await webhook(() => ({ status: 200 }));
  const { port } = new URL(address);
  await record(1);
  await sinkTo('webhook', `https://localhost:${port}/`, 'beginning', new Set());
  await deliver(new Set());
  expect((await sink())?.lastError).toMatch(/localhost resolves to (127\.0\.0\.1|::1), which is not public/);
  expect(all).toEqual([]);
  await admin.query('delete from audit_sinks');
  // Allowed once, and no longer.
  await sinkTo('webhook', address);
  await deliver(new Set());
  expect((await sink())?.lastError).toMatch(/127\.0\.0\.1 is not a public address/);
  expect(all).toEqual([]);
  await admin.query('delete from audit_sinks');
  await sinkTo('syslog', `syslog+tcp://localhost:${port}`, 'beginning', new Set());
  await deliver(new Set());
  expect((await sink())?.lastError).toMatch(/localhost resolves to/);
});

test('two that look at once do not both have it, and one that was slow changes nothing', async () => {
  const { all, address } = await webhook(() => ({ status: 200 }));
  await record(5);
  const { id } = await sinkTo('webhook', address);
  await Promise.all([deliver(), deliver(), deliver()]);
  expect(all.length).toBe(1);
  expect(await inOurs((transaction) => claimSink(transaction, id, 1_000))).toMatchObject({ records: [] });
});

test('a sink that begins now gets what is sealed from now on', async () => {
  const { all, address } = await webhook(() => ({ status: 200 }));
  await record(4);
  await sinkTo('webhook', address, 'now');
  await sealOrganization(pool, organizationId);
  await deliver();
  // Its own making is the first.
  expect(all.flatMap(({ records }) => records.map(({ event }) => event.action))).toEqual(['audit_sink.created']);
});

test('a sink that hangs holds up no other', async () => {
  const hanging = createTcpServer(() => undefined);
  const port = await listen(hanging);
  const { all, address } = await webhook(() => ({ status: 200 }));
  await record(1);
  await sinkTo('webhook', `http://127.0.0.1:${port}/`);
  await sinkTo('webhook', address);
  const done = deliver();
  while (all.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  await done;
  const failed = (await inOurs(listSinks)).find((each) => each.failures > 0);
  expect(failed).toMatchObject({ failures: 1, takenSeq: 0 });
}, 30_000);

test('a sink that hangs holds up no process that stops: its delivery comes again', async () => {
  let connections = 0;
  const port = await listen(createTcpServer(() => void connections++));
  await record(1);
  await sinkTo('webhook', `http://127.0.0.1:${port}/`);
  await sinkTo('syslog', `syslog+tls://127.0.0.1:${port}`);
  const stopping = new AbortController();
  const done = deliver(here, stopping.signal);
  await eventually('both hang', () => connections === 2);
  const stoppedAtMs = performance.now();
  stopping.abort(new Error('stops'));
  await done;
  expect(performance.now() - stoppedAtMs).toBeLessThan(5_000);
  const told = { failures: 1, takenSeq: 0, lastError: 'SENA stopped during the delivery.' };
  expect(await inOurs(listSinks)).toMatchObject([told, told]);
}, 30_000);

test('a syslog server gets RFC 5424 messages, counted in octets', async () => {
  let bytes = Buffer.alloc(0);
  const server = createTcpServer((socket) =>
    socket.on('data', (piece) => {
      bytes = Buffer.concat([bytes, piece]);
    }),
  );
  const port = await listen(server);
  await record(40, { text: 'Grüße\n"quoted"' });
  await sinkTo('syslog', `syslog+tcp://127.0.0.1:${port}`);
  await deliver();
  const messages: string[] = [];
  while (bytes.length > 0) {
    const space = bytes.indexOf(' ');
    const length = Number(bytes.subarray(0, space).toString());
    messages.push(bytes.subarray(space + 1, space + 1 + length).toString('utf8'));
    bytes = bytes.subarray(space + 1 + length);
  }
  expect(messages.length).toBe((await sink())?.takenSeq);
  const [, facts = '', json = ''] =
    /^<110>1 \d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z \S+ sena - a\.b \[audit@32473 ((?:\w+="(?:[^"\\\]]|\\["\\\]])*" ?)+)\] \ufeff(\{.*\})$/s.exec(
      messages[0] ?? '',
    ) ?? [];
  expect(facts).toContain('seq="1"');
  expect(facts).toContain('actor="member:\\"m\\"" apiKey="key_9"');
  expect(JSON.parse(json)).toMatchObject({ action: 'a.b', data: { text: 'Grüße\n"quoted"' } });
});

/** A server with a certificate of its own that names `subject`; everything that it understood. */
async function syslogOverTls(subject: string) {
  const directory = mkdtempSync(join(tmpdir(), 'sena-syslog-'));
  const [key, cert] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const named = ['-subj', '/CN=syslog', '-addext', `subjectAltName=${subject}`, '-keyout', key, '-out', cert];
  execFileSync('openssl', [...made, ...named], { stdio: 'pipe' });
  const identity = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(directory, { recursive: true });
  const got = { text: '' };
  const server = createTlsServer(identity, (socket) => {
    socket.on('error', () => undefined);
    socket.setEncoding('utf8').on('data', (text: string) => {
      got.text += text;
    });
  });
  const port = await listen(server);
  return { got, certificate: identity.cert, address: `syslog+tls://127.0.0.1:${port}` };
}

test('over TLS a syslog server gets records only if its certificate is trusted and names it', async () => {
  const before = getCACertificates('default');
  const known = await syslogOverTls('IP:127.0.0.1');
  const unknown = await syslogOverTls('IP:127.0.0.1');
  const another = await syslogOverTls('DNS:logs.example.com');
  setDefaultCACertificates([...before, known.certificate, another.certificate]);
  try {
    await record(3);
    for (const [server, why] of [
      [unknown, /self-signed certificate/],
      [another, /does not match certificate/],
    ] as const) {
      await sinkTo('syslog', server.address);
      expect(await deliver()).toBe(0);
      expect(await sink()).toMatchObject({ takenSeq: 0, failures: 1, lastError: expect.stringMatching(why) });
      expect(server.got.text).toBe('');
      await admin.query('delete from audit_sinks');
    }
    await sinkTo('syslog', known.address);
    expect(await deliver()).toBe(1);
    expect(await sink()).toMatchObject({ failures: 0, takenSeq: (await sink())?.lastSeq });
    expect(known.got.text).toMatch(/^\d+ <110>1 .*"action":"a\.b"/s);
  } finally {
    setDefaultCACertificates(before);
  }
});

test('a syslog server that is not there is tried again', async () => {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await record(1);
  await sinkTo('syslog', `syslog+tcp://127.0.0.1:${port}`);
  await deliver();
  expect(await sink()).toMatchObject({ failures: 1, takenSeq: 0, lastError: expect.stringContaining('ECONNREFUSED') });
});
