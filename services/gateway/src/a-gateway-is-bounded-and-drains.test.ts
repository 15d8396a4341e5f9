import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeApi } from './describe-api.ts';
import { readEnvironment } from './env.ts';
import { makeEnrolment } from './fixtures/make-enrolment.ts';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'admin', 'viewer'], {
    requestsPerMinute: 20,
    failedKeysPerMinute: 5,
    enrolmentsPerMinute: 3,
    requestMs: 1_500,
  });
});
afterAll(() => gateway.close());

describe('a request that does not arrive', () => {
  const key = () => gateway.ours.members.admin.apiKey;
  /** Writes `first`, then a byte every 100 ms; the answer, and how long it took. */
  function trickle(first: string): Promise<{ answer: string; tookMs: number }> {
    const { hostname, port } = new URL(gateway.url);
    const began = performance.now();
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname);
      let answer = '';
      const writing = setInterval(() => socket.write(' '), 100);
      socket.write(first);
      socket.on('data', (data) => {
        answer += data;
      });
      socket.on('error', () => undefined); // it is closed while we still write
      socket.on('close', () => {
        clearInterval(writing);
        resolve({ answer, tookMs: performance.now() - began });
      });
    });
  }

  it.each([
    [
      'a slow body',
      () =>
        `POST /v1/runs HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key()}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{`,
    ],
    [
      'a slow body of a stranger',
      () =>
        'POST /api/auth/sign-in/email HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{',
    ],
    ['slow headers', () => 'GET /v1/me HTTP/1.1\r\nX-Slow:'],
  ])('%s is cut, with a word', async (_what, first) => {
    const { answer, tookMs } = await trickle(first());
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(tookMs).toBeGreaterThan(1_000);
    expect(tookMs).toBeLessThan(8_000);
  });

  it('takes no event stream with it', async () => {
    const headers = { authorization: `Bearer ${key()}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ kind: 'ask', prompt: 'why?' });
    const { id } = (await (await fetch(`${gateway.url}/v1/runs`, { method: 'POST', headers, body })).json()) as {
      id: string;
    };
    const abort = new AbortController();
    const stream = await fetch(`${gateway.url}/v1/runs/${id}/events`, { headers, signal: abort.signal });
    const pieces = stream.body?.getReader();
    await pieces?.read();
    const more = pieces?.read().then(({ done }) => (done ? 'ended' : 'more'));
    // Whatever else it says meanwhile.
    expect(['more', 'still open']).toContain(await Promise.race([more, sleep(3_500, 'still open')]));
    abort.abort();
    await more?.catch(() => undefined);
  });
});

describe('a member who asks too often', () => {
  it('is told to wait, alone', async () => {
    const asked = await Promise.all(Array.from({ length: 25 }, () => gateway.call('GET', '/v1/me', { as: 'viewer' })));
    const refused = asked.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    expect(refused[0]?.json).toMatchObject({ code: 'rate_limited' });
    expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await gateway.call('GET', '/v1/me', { as: 'admin' })).status).toBe(200);
    expect((await gateway.call('GET', '/healthz', { as: null })).status).toBe(200);
  });
});

describe('an address that shows wrong keys', () => {
  it('is refused unread after a few', async () => {
    const wrong = () => gateway.call('GET', '/v1/me', { as: { apiKey: 'sena_wrong' } });
    for (let i = 0; i < 5; i++) expect((await wrong()).status).toBe(401);
    expect(await wrong()).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
  });

  it('has few tries with join tokens', async () => {
    const body = makeEnrolment('x'.repeat(30), { pin: `SHA256:${'x'.repeat(43)}`, name: 'x' });
    const tried = [];
    for (let i = 0; i < 4; i++) tried.push((await gateway.call('POST', '/v1/enrolments', { as: null, body })).status);
    expect(tried).toEqual([401, 401, 401, 429]);
  });
});

describe('bytes that are no request', () => {
  it.each([
    ['nonsense', 'hello\r\n\r\n', 400],
    ['headers beyond measure', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ])('%s is answered with a problem', async (_what, bytes, status) => {
    const { hostname, port } = new URL(gateway.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (data) => {
      answer += data;
    });
    socket.on('error', () => undefined); // it is closed while we may still write
    socket.write(bytes);
    await eventually('an answer', () => answer.includes('\r\n\r\n{'));
    socket.destroy();
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(answer).toContain('application/problem+json');
    expect(JSON.parse(answer.split('\r\n\r\n')[1] ?? '')).toMatchObject({ code: 'bad_request', status });
  });
});

describe('readiness', () => {
  it('is lost with the database and comes back, without a word about it to the outside', async () => {
    expect((await gateway.call('GET', '/readyz', { as: null })).status).toBe(200);
    await gateway.admin.query(
      `alter role sena_app in database ${gateway.database.name} set default_transaction_read_only = off`,
    );
    await gateway.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()`,
    );
    await eventually(
      'readiness again',
      async () => (await gateway.call('GET', '/readyz', { as: null })).status === 200,
    );
    const unready = gateway.log.filter((line) => line.includes('not_ready'));
    for (const line of unready) expect(line).not.toContain('password');
  });
});

describe('the environment', () => {
  it('that is not complete is named, without values', () => {
    const read = () => readEnvironment({ PORT: '1', AUTH_SECRET: 'short-secret', PUBLIC_URL: 'localhost' });
    expect(read).toThrow(/DATABASE_URL[\s\S]*PUBLIC_URL[\s\S]*AUTH_SECRET/);
    expect(read).not.toThrow(/short-secret/);
  });

  it.each([
    [undefined, '0'],
    ['0', '0'],
    ['1', '1'],
  ])('MODEL_CONFIGURED %s is read as the orchestrator reads it: %s', (written, meant) => {
    const complete = { PORT: '1', DATABASE_URL: 'd', AUTH_DATABASE_URL: 'a', PUBLIC_URL: 'http://localhost' };
    const secrets = { AUTH_SECRET: 'x'.repeat(32), SERVICE_TOKEN_SECRET: 'y'.repeat(32) };
    expect(readEnvironment({ ...complete, ...secrets, MODEL_CONFIGURED: written }).MODEL_CONFIGURED).toBe(meant);
  });
});

describe('the OpenAPI document', () => {
  it('in the SDK is the one that is served', async () => {
    const written = await readFile(path.resolve(import.meta.dirname, '../../../packages/sdk/openapi.json'), 'utf8');
    expect(JSON.parse(await describeApi(createLogger('gateway', 'silent')))).toEqual(JSON.parse(written));
    const served = await gateway.call('GET', '/v1/openapi.json', { as: null });
    expect(served.json).toEqual(JSON.parse(written));
    expect(served.json.openapi).toBe('3.1.0');
  });

  it('has a reference page that loads nothing from elsewhere', async () => {
    const page = await gateway.call('GET', '/docs/', { as: null });
    expect(page.status).toBe(200);
    expect(page.text).not.toMatch(/(src|href)="https?:/);
    const script = await gateway.call('GET', '/docs/js/scalar.js', { as: null });
    expect(script.status).toBe(200);
  });
});

describe('the process', () => {
  it('serves, and drains when it is told to end', async () => {
    const { urls } = gateway.database;
    const child = spawn(process.execPath, [path.resolve(import.meta.dirname, 'main.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        PATH: process.env.PATH,
        PORT: '0',
        DATABASE_URL: urls.app,
        AUTH_DATABASE_URL: urls.identity,
        QUEUE_DATABASE_URL: urls.queue,
        PUBLIC_URL: 'http://localhost:4700/',
        AUTH_SECRET: 'x'.repeat(32),
        SERVICE_TOKEN_SECRET: 'y'.repeat(32),
      },
    });
    let log = '';
    child.stdout.on('data', (data) => {
      log += data;
    });
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    try {
      const url = await eventually('its address', () => /"url":"([^"]+)"/.exec(log)?.[1], { timeoutMs: 30_000 });
      const key = gateway.ours.members.owner.apiKey;
      const asked = await fetch(`${url}/v1/runs`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ kind: 'ask', prompt: 'why?' }),
      });
      expect(asked.status).toBe(202);
      const { id } = (await asked.json()) as { id: string };
      const events = await fetch(`${url}/v1/runs/${id}/events`, { headers: { authorization: `Bearer ${key}` } });
      child.kill('SIGTERM');
      expect(await events.text()).toContain('connect again');
      expect(await ended).toBe(0);
      for (const line of log.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ service: 'gateway' });
      expect(log).not.toContain(key);
    } finally {
      child.kill('SIGKILL');
    }
  }, 60_000);
});
