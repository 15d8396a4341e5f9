// An act with an API key is its member's, and says with which key: in the audit and its export, sealed, and where a run or an approval names
// who asked and who decided.
import { requestApproval } from '@sena/approvals/request-approval';
import { sealOrganization } from '@sena/audit/seal-organization';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway, testPublicUrl } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let pool: Pool;

beforeAll(async () => {
  gateway = await openTestGateway();
  pool = openPool(gateway.database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
}, 60_000);
afterAll(async () => {
  await pool.end();
  await gateway.close();
});

type Role = 'owner' | 'operator' | 'approver';
interface Key {
  readonly named: { id: string; name: string };
  readonly as: { apiKey: string };
}
const asPerson = (cookie: string) => ({ as: null, headers: { cookie, origin: testPublicUrl } });
const makeKey = async (name: string, of: Role = 'owner'): Promise<Key> => {
  const session = await gateway.signIn(gateway.ours.members[of].email);
  const body = { name, scopes: null };
  const made = await gateway.call('POST', '/v1/api-keys', { ...asPerson(session), body });
  expect(made.status, made.text).toBe(201);
  return { named: { id: made.json.id, name }, as: { apiKey: made.json.key } };
};
const recordsOf = async (subject: string) => {
  const { json } = await gateway.call('GET', '/v1/audit-events?limit=100', { as: 'owner' });
  return json.items.filter((event: { subject: string }) => event.subject === subject);
};
const ownerRef = () => `member:${gateway.ours.members.owner.userId}`;

describe('an act with a key', () => {
  it('is the member’s, and the record names the key', async () => {
    const { named, as } = await makeKey('deploy-bot');
    const acted = { actor: ownerRef(), actorKey: named };
    const site = await gateway.call('POST', '/v1/sites', { as, body: { name: 'berlin' } });
    expect(await recordsOf(site.json.id)).toMatchObject([{ action: 'site.created', ...acted }]);
    const sink = await gateway.call('POST', '/v1/audit-sinks', {
      as,
      body: { kind: 'webhook', address: 'https://sink.test/x' },
    });
    expect(await recordsOf(sink.json.id)).toMatchObject([{ action: 'audit_sink.created', ...acted }]);
    await gateway.call('PUT', '/v1/policies/by-key', {
      as,
      body: { text: 'permit (principal, action, resource);', version: null },
    });
    expect(await recordsOf('by-key')).toMatchObject([{ action: 'policy.saved', ...acted }]);
    const rotation = await gateway.call('POST', '/v1/dispatch-keys/rotations', { as, body: { reason: 'old' } });
    expect(await recordsOf(rotation.json.id)).toMatchObject([{ action: 'dispatch_key.rotation_requested', ...acted }]);
  });

  it('on members, keys and invitations is recorded so by trigger', async () => {
    const { named, as } = await makeKey('people-bot');
    const acted = { actor: ownerRef(), actorKey: named };
    const invited = await gateway.call('POST', '/v1/invitations', {
      as,
      body: { email: 'nia@northwind.test', role: 'viewer' },
    });
    expect(invited.status, invited.text).toBe(201);
    expect(await recordsOf(invited.json.id)).toMatchObject([{ action: 'invitation.created', ...acted }]);
    const made = await gateway.call('POST', '/v1/api-keys', { as, body: { name: 'child', scopes: ['runs:read'] } });
    await gateway.call('DELETE', `/v1/api-keys/${made.json.id}`, { as });
    expect(await recordsOf(made.json.id)).toMatchObject([
      { action: 'api_key.deleted', ...acted, data: { apiKey: named } },
      { action: 'api_key.created', ...acted, data: { apiKey: named } },
    ]);
  });

  it('is told so when the key is gone', async () => {
    const { named, as } = await makeKey('short-lived');
    const site = await gateway.call('POST', '/v1/sites', { as, body: { name: 'bremen' } });
    await gateway.call('DELETE', `/v1/api-keys/${named.id}`, { as: 'owner' });
    expect(await recordsOf(site.json.id)).toMatchObject([{ actor: ownerRef(), actorKey: named }]);
  });
});

describe('an act without a key', () => {
  it('names none: of a person who is signed in, of a service, and where somebody’s data calls something so', async () => {
    const { as } = await makeKey('before');
    await gateway.call('GET', '/v1/me', { as });
    const cookie = await gateway.signIn(gateway.ours.members.owner.email);
    const site = await gateway.call('POST', '/v1/sites', {
      ...asPerson(cookie),
      body: { name: 'bonn' },
    });
    const [record] = await recordsOf(site.json.id);
    expect(record).toMatchObject({ actor: ownerRef(), actorKey: null });
    expect(record.data).not.toHaveProperty('apiKey');
    const subject = newId('site');
    await gateway.admin.query(
      `insert into sena.audit_events (id, organization_id, action, actor, subject, data)
       values ($1, $2, 'test.done', 'service:test', $3, '{"apiKey": {"id": "key_1", "name": "forged"}}')`,
      [newId('audit'), gateway.ours.id, subject],
    );
    expect(await recordsOf(subject)).toMatchObject([{ actorKey: null }]);
  });
});

describe('a run and its approval', () => {
  it('name the key that asked, and the key that decided', async () => {
    const asks = await makeKey('nightly', 'operator');
    const decides = await makeKey('release-train', 'approver');
    const { json: run } = await gateway.call('POST', '/v1/runs', {
      as: asks.as,
      body: { kind: 'ask', prompt: 'why?' },
    });
    const { operator, approver } = gateway.ours.members;
    const asked = { id: operator.userId, name: 'operator of Northwind', key: asks.named };
    expect((await gateway.call('GET', `/v1/runs/${run.id}`)).json.requestedBy).toEqual(asked);
    const listed = await gateway.call('GET', '/v1/runs?limit=1');
    expect(listed.json.items[0].requestedBy).toEqual(asked);
    expect(await recordsOf(run.id)).toMatchObject([{ action: 'run.created', actorKey: asks.named }]);

    const approvalId = await inOrganization(pool, gateway.ours.id, (transaction) =>
      requestApproval(transaction, {
        runId: run.id,
        action: {
          ...{ v: 1, organizationId: gateway.ours.id, runId: run.id, approvalNonce: newId('job') },
          ...{ notBefore: '2026-01-01T00:00:00Z', expiresAt: '2099-01-01T00:00:00Z', commands: [] },
        },
        ...{ effects: [], reasons: [], approversRequired: 1, passkeyRequired: false },
        ...{ requestedBy: `member:${operator.userId}`, requestedByName: asked.name, requestedKey: asks.named },
        actor: 'service:orchestrator',
      }),
    );
    const path = `/v1/approvals/${approvalId}`;
    expect((await gateway.call('GET', path)).json).toMatchObject({
      requestedBy: asked,
      decidedBy: null,
      decisions: [],
    });
    const decision = { decision: 'approve' };
    expect((await gateway.call('POST', `${path}/decision`, { as: decides.as, body: decision })).status).toBe(200);
    const decided = { id: approver.userId, name: 'approver of Northwind', key: decides.named };
    expect((await gateway.call('GET', path)).json).toMatchObject({ decidedBy: decided, decisions: [{ by: decided }] });
    expect(await recordsOf(approvalId)).toMatchObject([
      { action: 'approval.approved', actor: `member:${approver.userId}`, actorKey: decides.named },
      {
        action: 'approval.requested',
        actor: 'service:orchestrator',
        actorKey: null,
        data: { requestedKey: asks.named },
      },
    ]);
  });
});

describe('the key in a record', () => {
  it('is exported and sealed: records without one hold beside it, and one that is changed is found', async () => {
    const { named, as } = await makeKey('sealed-bot');
    const site = await gateway.call('POST', '/v1/sites', { as, body: { name: 'sealed' } });
    while ((await sealOrganization(pool, gateway.ours.id)) > 0);
    const [record] = await recordsOf(site.json.id);
    const exported = await gateway.call('GET', '/v1/audit-export', { as: 'owner' });
    const lines = exported.text
      .trim()
      .split('\n')
      .map((line: string) => JSON.parse(line));
    const line = lines.find(({ event }: { event?: { id: string } }) => event?.id === record.id);
    expect(line).toMatchObject({ kind: 'record', event: { actor: ownerRef(), data: { apiKey: named } } });
    const verify = async () => (await gateway.call('GET', '/v1/audit-verification', { as: 'owner' })).json;
    expect(await verify()).toMatchObject({ kind: 'intact', unsealed: 0 });
    for (const change of [`jsonb_set(data, '{apiKey,name}', '"another"')`, `data - 'apiKey'`]) {
      const written = async (data: string, values: unknown[]) => {
        await gateway.admin.query('begin');
        await gateway.admin.query('set local session_replication_role = replica');
        await gateway.admin.query(`update sena.audit_events set data = ${data} where id = $1`, [record.id, ...values]);
        await gateway.admin.query('commit');
      };
      await written(change, []);
      expect(await verify()).toMatchObject({ kind: 'broken', seq: record.seq, eventId: record.id });
      await written('$2', [JSON.stringify(record.data)]);
      expect(await verify()).toMatchObject({ kind: 'intact' });
    }
  });
});
