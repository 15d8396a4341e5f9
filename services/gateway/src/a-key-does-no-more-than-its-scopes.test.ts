// API keys: bounded by their scopes, by what their member may do now, and by time.
import { type Permission, permissionSchema } from '@sena/contracts/domain/permission';
import { roleSchema } from '@sena/contracts/domain/principal';
import { permissionsOfRole } from '@sena/contracts/domain/role-permissions';
import { newId } from '@sena/contracts/ids';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await openTestGateway();
}, 60_000);
afterAll(() => gateway.close());

type As = 'owner' | 'admin' | 'operator' | 'viewer' | { apiKey: string };
const make = (body: object, as: As = 'owner') => gateway.call('POST', '/v1/api-keys', { as, body });
const makeKey = async (body: object, as: As = 'owner') => {
  const made = await make(body, as);
  expect(made.status, made.text).toBe(201);
  return { id: made.json.id as string, as: { apiKey: made.json.key as string }, json: made.json };
};

/** A request for each permission; with it the answer is anything but `key_not_allowed`. */
const requests: Record<Permission, [method: string, path: string, body?: object]> = {
  'runs:read': ['GET', '/v1/runs'],
  'runs:write': ['POST', '/v1/runs', { kind: 'ask', prompt: 'why?' }],
  'approvals:read': ['GET', '/v1/approvals'],
  'approvals:decide': ['POST', `/v1/approvals/${newId('appr')}/decision`, { decision: 'approve' }],
  'fleet:read': ['GET', '/v1/nodes'],
  'fleet:manage': ['DELETE', `/v1/nodes/${newId('node')}`],
  'audit:read': ['GET', '/v1/audit-events'],
  'audit:manage': ['GET', '/v1/audit-sinks'],
  'members:read': ['GET', '/v1/members'],
  'members:manage': ['GET', '/v1/invitations'],
  'keys:manage': ['GET', '/v1/api-keys'],
  'sign-in:manage': ['GET', '/v1/sign-in-provider'],
  'trust:rotate': ['POST', `/v1/dispatch-keys/${newId('dkey')}/retire`, {}],
  'trust:unlock': ['POST', `/v1/satellites/${newId('sat')}/unlock`],
  'policies:manage': ['PUT', '/v1/policies/probe', { text: 'permit (principal, action, resource);', version: 7 }],
};
const asked = permissionSchema.options;
const forKeys = asked.filter((permission) => permission !== 'sign-in:manage');

describe.each(forKeys)('a key for %s', (permission) => {
  it('does that, and nothing else', async () => {
    const { as } = await makeKey({ name: permission, scopes: [permission] });
    for (const other of asked) {
      const [method, path, body] = requests[other];
      const answer = await gateway.call(method, path, { as, body });
      if (other === permission) expect([other, answer.json?.code]).not.toEqual([other, 'key_not_allowed']);
      else {
        expect([other, answer.json?.code]).toEqual([other, 'key_not_allowed']);
        expect(answer.json.detail).toContain(other);
      }
    }
    const me = await gateway.call('GET', '/v1/me', { as });
    expect(me.json.permissions).toEqual([permission]);
  });
});

describe('a key', () => {
  it('is shown once, and kept as a hash', async () => {
    const { id, as, json } = await makeKey({ name: 'ci', scopes: ['runs:read', 'runs:write'] });
    expect(as.apiKey).toMatch(/^sena_[\w-]{48}$/);
    expect(json).toMatchObject({ name: 'ci', scopes: ['runs:read', 'runs:write'], lastUsedAt: null, status: 'active' });
    expect(Date.parse(json.expiresAt) - Date.now()).toBeGreaterThan(89 * 86_400_000);
    const listed = await gateway.call('GET', '/v1/api-keys');
    const item = listed.json.items.find((key: { id: string }) => key.id === id);
    expect(item).toMatchObject({ start: as.apiKey.slice(0, 9) });
    expect(item.key).toBeUndefined();
    const stored = await gateway.admin.query(
      `select (select json_agg(k)::text from identity.apikey k) || (select json_agg(a)::text from sena.audit_events a) as text`,
    );
    expect(stored.rows[0].text).not.toContain(as.apiKey.slice(9));
    expect(gateway.log.join('')).not.toContain(as.apiKey.slice(9));
  });

  it('is not given more than its member may do', async () => {
    for (const [as, scopes] of [
      ['viewer', ['runs:write']],
      ['operator', ['approvals:decide']],
      ['admin', ['sign-in:manage']],
      ['admin', ['trust:unlock']],
      // A key that sets where people sign in could sign in as any of them.
      ['owner', ['sign-in:manage']],
    ] as const) {
      expect((await make({ name: 'more', scopes }, as)).json).toMatchObject({ code: 'validation_failed' });
    }
  });

  it('does not say where people sign in, though it is an owner’s and has no list, or was given that before', async () => {
    const { id, as } = await makeKey({ name: 'whole', scopes: null });
    for (const permissions of [null, '{"sign-in":["manage"]}', '{"sign-in":["manage"],"members":["manage"]}']) {
      await gateway.admin.query('update identity.apikey set permissions = $2 where id = $1', [id, permissions]);
      for (const [method, path, body] of [
        ['GET', '/v1/sign-in-provider'],
        [
          'PUT',
          '/v1/sign-in-provider',
          { kind: 'oidc', issuer: 'https://evil.test', clientId: 'x', clientSecret: 'x', domains: ['northwind.test'] },
        ],
        ['DELETE', '/v1/sign-in-provider'],
        ['GET', '/v1/scim-tokens'],
        ['POST', '/v1/scim-tokens', { name: 'directory' }],
        ['DELETE', `/v1/scim-tokens/${newId('scim')}`],
      ] as const) {
        const answer = await gateway.call(method, path, { as, body });
        expect([method, path, answer.json.code]).toEqual([method, path, 'key_not_allowed']);
      }
    }
  });

  it('makes nobody more than it is itself: neither by an invitation nor by another role', async () => {
    const { as } = await makeKey({ name: 'members', scopes: ['members:manage'] });
    const { userId } = gateway.ours.members.viewer;
    for (const role of roleSchema.options) {
      const invited = await gateway.call('POST', '/v1/invitations', {
        as,
        body: { email: 'eve@northwind.test', role },
      });
      expect([role, invited.json.code]).toEqual([role, 'forbidden']);
      const changed = await gateway.call('PATCH', `/v1/members/${userId}`, { as, body: { role } });
      expect([role, changed.json.code]).toEqual([role, 'forbidden']);
    }
    const enough = await makeKey({ name: 'viewers', scopes: ['members:manage', ...permissionsOfRole.viewer] });
    const invite = (role: string, scope: string | null = null) =>
      gateway.call('POST', '/v1/invitations', { as: enough.as, body: { email: 'nia@northwind.test', role, scope } });
    expect((await invite('viewer')).status).toBe(201);
    for (const role of ['operator', 'approver', 'admin', 'owner'])
      expect((await invite(role)).json.code).toBe('forbidden');
    expect((await invite('operator', 'env=staging')).json.code).toBe('forbidden');
    // What no key may do, no key gives.
    const whole = await gateway.call('POST', '/v1/invitations', {
      body: { email: 'nia@northwind.test', role: 'owner' },
    });
    expect(whole.json.code).toBe('forbidden');
  });

  it('does not do what its member may not do any more', async () => {
    const { userId } = gateway.ours.members.operator;
    const { as } = await makeKey({ name: 'ci', scopes: ['runs:write', 'runs:read'] }, 'operator');
    const run = () => gateway.call('POST', '/v1/runs', { as, body: { kind: 'ask', prompt: 'why?' } });
    expect((await run()).status).toBe(202);
    await gateway.call('PATCH', `/v1/members/${userId}`, { body: { role: 'viewer' } });
    expect((await run()).json.code).toBe('forbidden');
    await gateway.call('PATCH', `/v1/members/${userId}`, { body: { role: 'operator', scope: 'env=none' } });
    const nodes = await gateway.call('POST', '/v1/runs', { as, body: { kind: 'ask', prompt: 'x', selector: '*' } });
    expect(nodes.json.code).toBe('no_nodes_match');
    await gateway.call('PATCH', `/v1/members/${userId}`, { body: { scope: null } });
  });

  it('gives a key that it makes no more than it has, no longer than it lives, and takes it along', async () => {
    const parent = await makeKey({ name: 'parent', scopes: ['runs:read', 'keys:manage'], expiresInSeconds: 3_600 });
    expect((await make({ name: 'child', scopes: ['runs:write'] }, parent.as)).json.code).toBe('validation_failed');
    const child = await makeKey({ name: 'child', scopes: null, expiresInSeconds: null }, parent.as);
    expect(child.json.scopes.sort()).toEqual(['keys:manage', 'runs:read']);
    expect(child.json.expiresAt).toBe(parent.json.expiresAt);
    const grandchild = await makeKey({ name: 'grandchild', scopes: ['runs:read'] }, child.as);
    expect((await gateway.call('GET', '/v1/runs', { as: grandchild.as })).status).toBe(200);
    expect((await gateway.call('DELETE', `/v1/api-keys/${parent.id}`)).status).toBe(204);
    for (const { as } of [parent, child, grandchild])
      expect((await gateway.call('GET', '/v1/me', { as })).status).toBe(401);
  });

  it('says when it was used last', async () => {
    const { id, as } = await makeKey({ name: 'used' });
    await gateway.call('GET', '/v1/me', { as });
    await eventually('the use is noted', async () => {
      const listed = await gateway.call('GET', '/v1/api-keys');
      const { lastUsedAt } = listed.json.items.find((key: { id: string }) => key.id === id);
      return lastUsedAt !== null && Date.now() - Date.parse(lastUsedAt) < 60_000;
    });
  });

  it('whose list can not be read does nothing', async () => {
    for (const permissions of ['{', '[]', '{"runs":["read","everything"]}', '{"runs":"read"}', '"*"']) {
      const { id, as } = await makeKey({ name: 'broken', scopes: ['runs:read'] });
      await gateway.admin.query('update identity.apikey set permissions = $2 where id = $1', [id, permissions]);
      const answer = await gateway.call('GET', '/v1/runs', { as });
      expect([permissions, answer.json.code]).toEqual([permissions, 'unauthenticated']);
    }
  });

  it('of another member is revoked by who manages members, and is not there for anybody else', async () => {
    const { id, as } = await makeKey({ name: 'theirs' }, 'viewer');
    expect((await gateway.call('DELETE', `/v1/api-keys/${id}`, { as: 'operator' })).status).toBe(404);
    expect((await gateway.call('GET', '/v1/api-keys?of=everyone', { as: 'operator' })).json.code).toBe('forbidden');
    const all = await gateway.call('GET', '/v1/api-keys?of=everyone&limit=500', { as: 'admin' });
    expect(all.json.items.map((key: { id: string }) => key.id)).toContain(id);
    const foreign = await gateway.call('DELETE', `/v1/api-keys/${id}`, {
      as: { apiKey: gateway.theirs.members.owner.apiKey },
    });
    expect(foreign.status).toBe(404);
    expect((await gateway.call('GET', '/v1/me', { as })).status).toBe(200);
    expect((await gateway.call('DELETE', `/v1/api-keys/${id}`, { as: 'admin' })).status).toBe(204);
    expect((await gateway.call('GET', '/v1/me', { as })).status).toBe(401);
  });

  it('is told to its own organization alone', async () => {
    await makeKey({ name: 'a name of ours' });
    const events = await gateway.admin.query(
      `select organization_id, actor from sena.audit_events where action = 'api_key.created' and data ->> 'name' = 'a name of ours'`,
    );
    expect(events.rows).toEqual([
      { organization_id: gateway.ours.id, actor: `member:${gateway.ours.members.owner.userId}` },
    ]);
  });
});
