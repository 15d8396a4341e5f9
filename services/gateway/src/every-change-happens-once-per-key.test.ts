import { requestApproval } from '@sena/approvals/request-approval';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { generateKeyPair } from '@sena/envelope/dispatch-key';
import { createLogger } from '@sena/telemetry/logger';
import { eventually } from '@sena/testing/eventually';
import Fastify, { type RouteOptions } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeApi } from './describe-api.ts';
import { defaultLimits } from './env.ts';
import { makeEnrolment } from './fixtures/make-enrolment.ts';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';
import { registerRoutes } from './register-routes.ts';
import type { Services } from './services.ts';

/** Routes that need no key: sent twice, they do nothing that they did not do the first time. Each with its reason. */
const exceptions: Record<string, string> = {
  'POST /v1/policy/evaluations': 'stores nothing and runs nothing',
  'POST /v1/enrolments': 'the join token is the key: it works once; nobody is signed in whose key could be kept',
  'DELETE /v1/policies/:name': 'twice is once by itself: the policy is gone, and the second answer says so',
  'DELETE /v1/audit-sinks/:id': 'twice is once by itself: the sink is gone, and the second answer says so',
  'PATCH /v1/members/:id': 'says what is to hold: twice is once',
  'PATCH /v1/sites/:id': 'says what is to hold: twice is once',
  'DELETE /v1/members/:id': 'twice is once by itself: the member is gone, and the second answer says so',
  'DELETE /v1/members/:id/sessions': 'twice is once by itself: the sessions are gone',
  'DELETE /v1/invitations/:id': 'twice is once by itself: it is taken back',
  'DELETE /v1/api-keys/:id': 'twice is once by itself: the key is gone, and the second answer says so',
  'DELETE /v1/sessions/:id': 'twice is once by itself: the session is gone, and the second answer says so',
  'POST /v1/invitations/lookup': 'changes nothing; a POST, so that the token stands in no address',
  'POST /v1/invitations/accept': 'the token is the key: it works once; nobody is signed in whose key could be kept',
  'POST /v1/organizations/:id/select': 'says what is to hold: twice is once',
  'PUT /v1/sign-in-provider': 'says what is to hold: twice is once',
  'DELETE /v1/scim-tokens/:id': 'twice is once by itself: the token is gone, and the second answer says so',
  'DELETE /v1/sign-in-provider': 'says what is not to hold: twice is once',
  'POST /v1/sign-in/provider':
    'each begins a sign-in of its own, which ends by itself; nobody is signed in whose key could be kept',
  'DELETE /v1/nodes/:id': 'twice is once by itself: the node is gone, and the second answer says so',
};

interface Sent {
  /** POST where it does not say. */
  readonly method?: 'POST' | 'PUT';
  readonly path: string;
  readonly body?: object;
}
interface Change {
  readonly status: number;
  /** Two requests that differ: in what they ask for, or in what they ask it of. */
  readonly prepare: () => Promise<readonly [wanted: Sent, other: Sent]>;
  /** What the same request is told, if it is not the first answer. */
  readonly again?: { readonly status: number; readonly code: string };
}

const changes: Record<string, Change> = {
  'POST /v1/runs': {
    status: 202,
    prepare: async () => [
      { path: '/v1/runs', body: { kind: 'ask', prompt: 'why?' } },
      { path: '/v1/runs', body: { kind: 'ask', prompt: 'how?' } },
    ],
  },
  'POST /v1/runs/:id/cancel': {
    status: 202,
    prepare: async () => {
      const path = `/v1/runs/${await newRun()}/cancel`;
      return [{ path }, { path, body: { stopRunning: true } }];
    },
  },
  'POST /v1/approvals/:id/decision': {
    status: 200,
    prepare: async () => {
      const path = `/v1/approvals/${await newApproval()}/decision`;
      return [
        { path, body: { decision: 'approve', reason: 'agreed' } },
        { path, body: { decision: 'reject', reason: 'agreed' } },
      ];
    },
  },
  'PUT /v1/policies/:name': {
    status: 200,
    prepare: async () => {
      const path = `/v1/policies/${unique('policy')}`;
      const text = 'permit (principal, action == Action::"reads", resource);';
      return [
        { method: 'PUT', path, body: { text, version: null } },
        { method: 'PUT', path, body: { text: `${text} // other`, version: null } },
      ];
    },
  },
  'POST /v1/nodes': {
    status: 201,
    prepare: async () => {
      const node = { name: unique('node'), siteId, address: '10.0.0.1', labels: { role: 'web', rack: 'a' } };
      return [
        { path: '/v1/nodes', body: node },
        { path: '/v1/nodes', body: { ...node, address: '10.0.0.2' } },
      ];
    },
  },
  'POST /v1/audit-sinks': {
    status: 201,
    prepare: async () => {
      const address = `https://${unique('collector')}.example.com/`;
      return [
        { path: '/v1/audit-sinks', body: { kind: 'webhook', address } },
        { path: '/v1/audit-sinks', body: { kind: 'webhook', address: `${address}other` } },
      ];
    },
  },
  'POST /v1/invitations': {
    status: 201,
    prepare: async () => [
      { path: '/v1/invitations', body: { email: `${unique('a')}@northwind.test`, role: 'viewer' } },
      { path: '/v1/invitations', body: { email: `${unique('b')}@northwind.test`, role: 'viewer' } },
    ],
    again: { status: 409, code: 'shown_once' },
  },
  'POST /v1/scim-tokens': {
    status: 201,
    prepare: async () => [
      { path: '/v1/scim-tokens', body: { name: unique('directory') } },
      { path: '/v1/scim-tokens', body: { name: unique('directory') } },
    ],
    again: { status: 409, code: 'shown_once' },
  },
  'POST /v1/api-keys': {
    status: 201,
    prepare: async () => [
      { path: '/v1/api-keys', body: { name: unique('key') } },
      { path: '/v1/api-keys', body: { name: unique('key'), scopes: ['runs:read'] } },
    ],
    again: { status: 409, code: 'shown_once' },
  },
  'POST /v1/sites': {
    status: 201,
    prepare: async () => [
      { path: '/v1/sites', body: { name: unique('site') } },
      { path: '/v1/sites', body: { name: unique('site') } },
    ],
  },
  'POST /v1/sites/:id/join-tokens': {
    status: 201,
    prepare: async () => [
      { path: `/v1/sites/${siteId}/join-tokens`, body: { expiresInSeconds: 60 } },
      { path: `/v1/sites/${siteId}/join-tokens`, body: { expiresInSeconds: 61 } },
    ],
    again: { status: 409, code: 'shown_once' },
  },
  'POST /v1/satellites/:id/revoke': {
    status: 200,
    prepare: async () => [
      { path: `/v1/satellites/${await newSatellite()}/revoke` },
      { path: `/v1/satellites/${await newSatellite()}/revoke` },
    ],
  },
  'POST /v1/satellites/:id/unlock': {
    status: 200,
    prepare: async () => [
      { path: `/v1/satellites/${await newSatellite({ locked: true })}/unlock` },
      { path: `/v1/satellites/${await newSatellite({ locked: true })}/unlock` },
    ],
  },
  'POST /v1/dispatch-keys/rotations': {
    status: 202,
    prepare: async () => [
      { path: '/v1/dispatch-keys/rotations', body: { reason: unique('because') } },
      { path: '/v1/dispatch-keys/rotations', body: { reason: unique('because') } },
    ],
  },
  'POST /v1/dispatch-keys/:id/retire': {
    status: 202,
    prepare: async () => [
      { path: `/v1/dispatch-keys/${await oldDispatchKey()}/retire` },
      { path: `/v1/dispatch-keys/${await oldDispatchKey()}/retire` },
    ],
  },
};

let gateway: TestGateway;
let pool: Pool;
let siteId: string;

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'admin']);
  pool = openPool(gateway.database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  siteId = (await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } })).json.id;
});
afterAll(async () => {
  await pool.end();
  await gateway.close();
});

describe('every route that creates or changes something', () => {
  it('is in this table, or among its exceptions', async () => {
    const names = (await routes()).map(({ method, url }) => `${method} ${url}`);
    expect(names.length).toBeGreaterThan(5);
    expect(names.sort()).toEqual([...Object.keys(changes), ...Object.keys(exceptions)].sort());
  });

  it('says in the API’s description that it takes an Idempotency-Key', async () => {
    const { paths } = JSON.parse(await describeApi(createLogger('gateway', 'silent')));
    for (const name of Object.keys(changes)) {
      const [method = '', url = ''] = name.split(' ');
      const route = paths[url.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()];
      expect([name, route.parameters]).toEqual([
        name,
        expect.arrayContaining([expect.objectContaining({ in: 'header', name: 'idempotency-key' })]),
      ]);
      expect([name, route.responses[422].description]).toEqual([
        name,
        expect.stringContaining('idempotency_key_reused'),
      ]);
    }
  });
});

describe.each(Object.entries(changes))('%s with an Idempotency-Key', (_name, { status, prepare, again }) => {
  it('happens once, and gives its first answer again', async () => {
    const [wanted] = await prepare();
    const first = await send(wanted, 'once');
    expect(first).toMatchObject({ status });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    const before = await everything();
    const second = await send(reordered(wanted), 'once');
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    if (again === undefined) expect(second).toMatchObject({ status, json: first.json });
    else expect(second).toMatchObject({ status: again.status, json: { code: again.code } });
    expect(await everything()).toEqual(before);
  });

  it('happens once also when it arrives many times at once', async () => {
    const [wanted] = await prepare();
    const answers = await Promise.all(Array.from({ length: 6 }, () => send(wanted, 'at-once')));
    expect(answers.filter(({ headers }) => headers.get('idempotency-replayed') === null)).toMatchObject([{ status }]);
    const others = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    expect(others.map((answer) => answer.status)).toEqual(Array.from({ length: 5 }, () => again?.status ?? status));
  });

  it('refuses another request, and does nothing', async () => {
    const [wanted, other] = await prepare();
    expect(await send(wanted, 'reused')).toMatchObject({ status });
    const before = await everything();
    expect(await send(other, 'reused')).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
    expect(await everything()).toEqual(before);
  });

  it('is no key of another member', async () => {
    const [wanted, other] = await prepare();
    expect(await send(wanted, 'shared')).toMatchObject({ status });
    const theirs = await send(other, 'shared', 'admin');
    expect(theirs.headers.get('idempotency-replayed')).toBeNull();
    expect(theirs.json.code).not.toBe('idempotency_key_reused');
  });

  it('takes no key that is none', async () => {
    const [wanted] = await prepare();
    const before = await everything();
    expect(await send(wanted, 'k'.repeat(256))).toMatchObject({ status: 422, json: { code: 'validation_failed' } });
    expect(await everything()).toEqual(before);
  });
});

it.each(['POST /v1/api-keys', 'POST /v1/scim-tokens', 'POST /v1/invitations'])(
  '%s whose key could not be kept has not happened',
  async (name) => {
    const { prepare, status } = changes[name] as Change;
    const [wanted] = await prepare();
    const made = async () =>
      (
        await gateway.admin.query(
          `select (select count(*) from identity.apikey) + (select count(*) from identity.scim_tokens)
           + (select count(*) from identity.invitations) as count, (select count(*) from sena.audit_events) as events`,
        )
      ).rows[0];
    const before = await made();
    await gateway.admin.query(`
    create function sena.refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$;
    create trigger refuse before update on sena.idempotency_keys for each row execute function sena.refuse()`);
    try {
      expect(await send(wanted, 'refused')).toMatchObject({ status: 500 });
    } finally {
      await gateway.admin.query('drop function sena.refuse() cascade');
    }
    expect(await made()).toEqual(before);
    expect(await send(wanted, 'refused')).toMatchObject({ status });
  },
);

it('a join token is not kept with its key, and the answer says how to get another', async () => {
  const path = `/v1/sites/${siteId}/join-tokens`;
  const { json } = await send({ path, body: {} }, 'secret');
  expect(json.token).toMatch(/^sena_join_/);
  const { rows } = await gateway.admin.query(`select * from sena.idempotency_keys where key like '%secret'`);
  expect(rows).toMatchObject([{ response: { id: json.id, siteId, expiresAt: json.expiresAt } }]);
  expect(JSON.stringify(rows)).not.toContain(json.token);
  const again = await send({ path, body: {} }, 'secret');
  expect(again.text).not.toContain(json.token);
  expect(again.json.detail).toBe(
    `Join token ${json.id} was shown in the first answer to this request and is not kept. If that answer was lost, ` +
      `send the request with a new Idempotency-Key; the lost token expires at ${json.expiresAt}.`,
  );
});

it('a decision that came too late is refused the same way again, and the run is woken once', async () => {
  const approvalId = await newApproval('2026-01-01T00:00:01Z');
  const wanted = { path: `/v1/approvals/${approvalId}/decision`, body: { decision: 'approve' } };
  const first = await send(wanted, 'late');
  expect(first).toMatchObject({ status: 409, json: { code: 'approval_expired' } });
  const before = await everything();
  const again = await send(wanted, 'late');
  expect(again).toMatchObject({ status: 409, json: first.json });
  expect(again.headers.get('idempotency-replayed')).toBe('true');
  expect(await everything()).toEqual(before);
});

/** Those below /v1 that do more than read, as they are registered. */
async function routes(): Promise<RouteOptions[]> {
  const app = Fastify().withTypeProvider<ZodTypeProvider>();
  const found: RouteOptions[] = [];
  app.addHook('onRoute', (route) => {
    for (const method of [route.method].flat()) found.push({ ...route, method });
  });
  registerRoutes(app, { settings: { limits: defaultLimits } } as Services);
  return found.filter(({ url, method }) => url.startsWith('/v1') && !['GET', 'HEAD'].includes(String(method)));
}

let count = 0;
function unique(word: string): string {
  count += 1;
  return `${word}-${count}`;
}

/** `key` is of this test alone. */
function send({ method = 'POST', path, body }: Sent, key: string, as: 'owner' | 'admin' = 'owner') {
  const name = expect.getState().currentTestName?.replaceAll(/[^a-z]/gi, '') ?? '';
  const headers = { 'idempotency-key': `${name.slice(0, 180)}-${key}` };
  return gateway.call(method, path, { as, headers, ...(body === undefined ? {} : { body }) });
}

/** The same meaning. */
function reordered({ body, ...rest }: Sent): Sent {
  const turn = (value: unknown): unknown =>
    typeof value === 'object' && value !== null
      ? Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([name, inner]) => [name, turn(inner)]),
        )
      : value;
  return body === undefined ? rest : { ...rest, body: turn(body) as object };
}

/** A digest of each table of the product, when the queue has been told what there was to tell. */
async function everything(): Promise<Record<string, string>> {
  await eventually('an empty outbox', async () => {
    const left = await gateway.admin.query('select 1 from sena.outbox');
    return left.rowCount === 0;
  });
  const tables = await gateway.admin.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'sena' order by tablename`,
  );
  const digests = tables.rows.map(
    ({ name }) =>
      `select '${name}' as name, md5(coalesce(string_agg(t::text, ',' order by t::text), '')) as digest from sena."${name}" t`,
  );
  const { rows } = await gateway.admin.query<{ name: string; digest: string }>(digests.join(' union all '));
  expect(rows.length).toBeGreaterThan(10);
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}

async function newRun(): Promise<string> {
  return (await gateway.call('POST', '/v1/runs', { as: 'admin', body: { kind: 'ask', prompt: 'x' } })).json.id;
}

/** Asked for by the admin. */
async function newApproval(expiresAt = '2099-01-01T00:00:00Z'): Promise<string> {
  const runId = await newRun();
  const requester = gateway.ours.members.admin;
  return inOrganization(pool, gateway.ours.id, (transaction) =>
    requestApproval(transaction, {
      runId,
      action: {
        ...{ v: 1, organizationId: gateway.ours.id, runId, approvalNonce: newId('job') },
        ...{ notBefore: '2026-01-01T00:00:00Z', expiresAt, commands: [] },
      },
      ...{
        effects: [],
        reasons: [],
        requestedBy: `member:${requester.userId}`,
        requestedByName: 'Requester',
        requestedKey: null,
      },
      ...{ approversRequired: 1, passkeyRequired: false },
      actor: 'service:orchestrator',
    }),
  );
}

/** Of an organization whose newest key is another one. */
async function oldDispatchKey(): Promise<string> {
  const id = newId('dkey');
  const { publicKeySpki, fingerprint } = generateKeyPair();
  await gateway.admin.query(
    'insert into sena.dispatch_keys (id, organization_id, public_key, fingerprint, sequence) values ($1, $2, $3, $4, 0)',
    [id, gateway.ours.id, publicKeySpki, fingerprint],
  );
  return id;
}

async function newSatellite({ locked = false } = {}): Promise<string> {
  const { json } = await gateway.call('POST', `/v1/sites/${siteId}/join-tokens`, { body: {} });
  const body = makeEnrolment(json.token, { pin: json.dispatchKeyFingerprint, name: unique('sat') });
  const { satelliteId } = (await gateway.call('POST', '/v1/enrolments', { as: null, body })).json;
  const lock = JSON.stringify({ shownCounter: 1, keptCounter: 2, address: null, formerAddress: null });
  if (locked)
    await gateway.admin.query('update sena.satellites set locked_at = now(), lock = $2 where id = $1', [
      satelliteId,
      lock,
    ]);
  return satelliteId;
}
