import { type HalfOpenLine, openHalfOpenLine } from '@sena/testing/half-open-line';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type CallOptions,
  openTestGateway,
  type TestGateway,
  testPassword,
  testPublicUrl,
} from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let records: HalfOpenLine;
let identity: HalfOpenLine;
/** A signed-in browser, and a directory. */
let browser: CallOptions;
let directory: CallOptions;
beforeAll(async () => {
  gateway = await openTestGateway(['owner'], {}, async (urls) => {
    records = await openHalfOpenLine(urls.app);
    identity = await openHalfOpenLine(urls.identity);
    return { DATABASE_URL: records.over(urls.app), AUTH_DATABASE_URL: identity.over(urls.identity) };
  });
  const cookie = await gateway.signIn(gateway.ours.members.owner.email);
  browser = { as: null, headers: { cookie, origin: testPublicUrl } };
  const made = await gateway.call('POST', '/v1/scim-tokens', { body: { name: 'directory' } });
  directory = { as: { apiKey: made.json.token } };
}, 60_000);
afterAll(async () => {
  await gateway.close();
  records.stop();
  identity.stop();
});

async function without(lines: readonly HalfOpenLine[], work: () => Promise<void>): Promise<void> {
  for (const line of lines) await line.cut();
  try {
    await work();
  } finally {
    for (const line of lines) await line.mend();
  }
}

function expectAway(answer: Answer): void {
  expect(answer.status).toBe(503);
  expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(answer.json.detail).toMatch(/database.*Try again.*PostgreSQL is up/);
}

const run = { kind: 'ask', prompt: 'why?' };
const signIn = () => ({ as: null, body: { email: gateway.ours.members.owner.email, password: testPassword } });

describe.each<[what: string, lines: () => HalfOpenLine[]]>([
  ['records', () => [records]],
  ['identity', () => [identity]],
  ['both', () => [records, identity]],
])('without %s', (what, lines) => {
  const needRecords: Array<[method: string, path: string, options: () => CallOptions]> = [
    ['GET', '/v1/runs', () => ({})],
    ['GET', '/v1/sites', () => browser],
    ['POST', '/v1/runs', () => ({ body: run })],
  ];
  const needIdentity: typeof needRecords = [
    ['GET', '/v1/me', () => browser],
    ['GET', '/v1/api-keys', () => ({})],
    ['GET', '/api/auth/get-session', () => browser],
    ['GET', '/api/auth/passkey/list-user-passkeys', () => browser],
    ['POST', '/api/auth/sign-in/email', signIn],
  ];
  const calls = what === 'records' ? needRecords : [...needRecords, ...needIdentity];

  // Twice: over a connection that was there, and where none comes about.
  it.each(calls)('%s %s says so, and what to do', (method, path, options) =>
    without(lines(), async () => {
      for (let time = 1; time <= 2; time++) {
        const answer = await gateway.call(method, path, options());
        expectAway(answer);
        expect(answer.json).toMatchObject({ code: 'database_unavailable', status: 503 });
      }
    }),
  );

  it('a directory is told in its own way', () =>
    without(lines(), async () => {
      const answer = await gateway.call('GET', '/scim/v2/Users', directory);
      if (what === 'records') expect(answer.status).toBe(200);
      else expectAway(answer);
    }));

  it('it is alive, and not ready', () =>
    without(lines(), async () => {
      expect((await gateway.call('GET', '/healthz', { as: null })).status).toBe(200);
      const unready = await gateway.call('GET', '/readyz', { as: null });
      expect(unready).toMatchObject({ status: 503, json: { code: 'not_ready' } });
      expect(Number(unready.headers.get('retry-after'))).toBeGreaterThan(0);
    }));
});

it('who comes back from a provider is led to the sign-in page, which says so', () =>
  without([identity], async () => {
    const answer = await gateway.call('GET', '/api/auth/oidc/callback?state=1&code=2', {
      as: null,
      headers: { cookie: 'sena.sign_in_state=1' },
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${testPublicUrl}/sign-in?failed=database_unavailable`);
  }));

it('once it is back all goes on: the session too, and a change that is sent again happens once', async () => {
  const headers = { 'idempotency-key': 'while-it-was-away' };
  await without([records, identity], async () => {
    expectAway(await gateway.call('POST', '/v1/runs', { body: run, headers }));
  });
  const [first, again] = [
    await gateway.call('POST', '/v1/runs', { body: run, headers }),
    await gateway.call('POST', '/v1/runs', { body: run, headers }),
  ];
  expect(first?.status).toBe(202);
  expect(again?.json.id).toBe(first?.json.id);
  expect((await gateway.call('GET', '/v1/me', browser)).status).toBe(200);
});

it('what is wrong while it is there stays what it was', async () => {
  const stranger = { as: null, headers: { cookie: 'sena.session_token=forged', origin: testPublicUrl } };
  expect((await gateway.call('GET', '/v1/me', stranger)).json.code).toBe('unauthenticated');
  expect((await gateway.call('GET', '/api/auth/passkey/list-user-passkeys', stranger)).json.code).toBe(
    'unauthenticated',
  );
});
