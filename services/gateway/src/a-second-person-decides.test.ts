import { requestApproval } from '@sena/approvals/request-approval';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool } from '@sena/db/tenant';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway, testPassword, testPublicUrl } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let pool: Pool;

beforeAll(async () => {
  gateway = await openTestGateway();
  pool = openPool(gateway.database.urls.app, { max: 2, applicationName: 'test', onError: () => undefined });
  await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } });
});
afterAll(async () => {
  await pool.end();
  await gateway.close();
});

/** A run of the operator that waits for an approval. */
async function waitingRun(
  expiresAt = '2099-01-01T00:00:00Z',
  approversRequired: 1 | 2 = 1,
): Promise<{ runId: string; approvalId: string }> {
  const { json } = await gateway.call('POST', '/v1/runs', { as: 'approver', body: { kind: 'ask', prompt: 'x' } });
  const requester = gateway.ours.members.approver;
  const approvalId = await inOrganization(pool, gateway.ours.id, (transaction) =>
    requestApproval(transaction, {
      runId: json.id,
      action: {
        ...{ v: 1, organizationId: gateway.ours.id, runId: json.id, approvalNonce: newId('job') },
        ...{ notBefore: '2026-01-01T00:00:00Z', expiresAt, commands: [] },
      },
      ...{
        effects: [],
        reasons: [],
        requestedBy: `member:${requester.userId}`,
        requestedByName: 'Requester',
        requestedKey: null,
      },
      ...{ approversRequired, passkeyRequired: false },
      actor: 'service:orchestrator',
    }),
  );
  return { runId: json.id, approvalId };
}
const decide = (
  approvalId: string,
  as: 'owner' | 'admin' | 'approver' | 'operator',
  body: object = { decision: 'approve' },
) => gateway.call('POST', `/v1/approvals/${approvalId}/decision`, { as, body });
const runState = async (runId: string) => {
  const { rows } = await gateway.admin.query(
    `select wake_count, (select count(*)::integer from sena.run_events where run_id = r.id) as events from sena.runs r where id = $1`,
    [runId],
  );
  return rows[0];
};

describe('a decision over the API', () => {
  it('is shown to those who may decide, refused to the requester, and told to the run', async () => {
    const { runId, approvalId } = await waitingRun();
    expect((await gateway.call('GET', `/v1/runs/${runId}`)).json.approvalId).toBe(approvalId);
    const shown = await gateway.call('GET', `/v1/approvals/${approvalId}`, { as: 'owner' });
    expect(shown.json).toMatchObject({ status: 'pending', mayDecide: true });
    // A key says no more than it may do: without the scope there is nothing to decide.
    for (const [scopes, mayDecide] of [
      [['approvals:read'], false],
      [['approvals:read', 'approvals:decide'], true],
    ] as const) {
      const made = await gateway.call('POST', '/v1/api-keys', { as: 'owner', body: { name: 'reader', scopes } });
      const as = { apiKey: made.json.key as string };
      expect((await gateway.call('GET', `/v1/approvals/${approvalId}`, { as })).json).toMatchObject({ mayDecide });
      expect((await gateway.call('GET', '/v1/approvals', { as })).json.items).toMatchObject([{ mayDecide }]);
      expect((await gateway.call('GET', `/v1/approvals/${approvalId}/action`, { as })).json).toMatchObject({
        mayDecide,
      });
    }
    const toRequester = await gateway.call('GET', '/v1/approvals?status=pending', { as: 'approver' });
    expect(toRequester.json.items).toMatchObject([{ id: approvalId, mayDecide: false }]);

    expect(await decide(approvalId, 'approver')).toMatchObject({ status: 403, json: { code: 'own_request' } });
    expect(await decide(approvalId, 'operator')).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await runState(runId)).toEqual({ wake_count: 1, events: 1 });

    const decided = await decide(approvalId, 'owner', {
      decision: 'approve',
      reason: 'maintenance window',
      actionDigest: shown.json.actionDigest,
    });
    expect(decided).toMatchObject({
      status: 200,
      json: { status: 'approved', decidedBy: { name: 'owner of Northwind' } },
    });
    expect(await runState(runId)).toEqual({ wake_count: 2, events: 2 });
    const event = await gateway.admin.query('select data from sena.run_events where run_id = $1 and seq = 2', [runId]);
    expect(event.rows[0].data).toEqual({
      type: 'approval.decided',
      approvalId,
      decision: 'approve',
      by: 'owner of Northwind',
      reason: 'maintenance window',
    });

    expect(await decide(approvalId, 'admin', { decision: 'reject' })).toMatchObject({
      status: 409,
      json: { code: 'already_decided' },
    });
    expect(await runState(runId)).toEqual({ wake_count: 2, events: 2 });
  });

  it('that two people have to make wakes the run with the second, and tells it of the first', async () => {
    const { runId, approvalId } = await waitingRun(undefined, 2);
    expect(await decide(approvalId, 'owner')).toMatchObject({
      status: 200,
      json: { status: 'pending', approversRequired: 2, mayDecide: false, decisions: [{ decision: 'approve' }] },
    });
    expect(await runState(runId)).toEqual({ wake_count: 1, events: 2 });
    const event = await gateway.admin.query('select data from sena.run_events where run_id = $1 and seq = 2', [runId]);
    expect(event.rows[0].data).toEqual({
      type: 'run.note',
      text: 'owner of Northwind approved. One more person has to approve before it runs.',
    });
    expect(await decide(approvalId, 'owner')).toMatchObject({ status: 409, json: { code: 'already_decided' } });
    expect(await decide(approvalId, 'approver')).toMatchObject({ status: 403, json: { code: 'own_request' } });
    expect(await runState(runId)).toEqual({ wake_count: 1, events: 2 });
    expect(await decide(approvalId, 'admin')).toMatchObject({ status: 200, json: { status: 'approved' } });
    expect(await runState(runId)).toEqual({ wake_count: 2, events: 3 });
  });

  it('that comes too late is refused, and the run is woken to end', async () => {
    const { runId, approvalId } = await waitingRun('2026-01-01T00:00:01Z');
    expect(await decide(approvalId, 'owner')).toMatchObject({ status: 409, json: { code: 'approval_expired' } });
    expect((await gateway.call('GET', `/v1/approvals/${approvalId}`)).json.status).toBe('expired');
    expect(await runState(runId)).toEqual({ wake_count: 2, events: 1 });
    expect(await decide(approvalId, 'owner')).toMatchObject({ status: 409, json: { code: 'approval_expired' } });
    expect(await runState(runId)).toEqual({ wake_count: 2, events: 1 });
  });

  it('about something that was altered is refused, and says so', async () => {
    const { runId, approvalId } = await waitingRun();
    await gateway.admin.query(`update sena.approvals set action = action || '{"v":2}' where id = $1`, [approvalId]);
    expect(await decide(approvalId, 'owner')).toMatchObject({ status: 409, json: { code: 'conflict' } });
    expect((await gateway.call('GET', `/v1/approvals?status=void`)).json.items).toMatchObject([{ id: approvalId }]);
    expect(await runState(runId)).toEqual({ wake_count: 2, events: 1 });
  });
});

describe('a browser', () => {
  const own = { origin: testPublicUrl };
  async function signIn(headers: Record<string, string> = own) {
    const { email } = gateway.ours.members.operator;
    return gateway.call('POST', '/api/auth/sign-in/email', {
      as: null,
      body: { email, password: testPassword },
      headers,
    });
  }
  const cookieOf = (headers: Headers) =>
    headers
      .getSetCookie()
      .map((cookie) => cookie.split(';', 1)[0])
      .join('; ');

  it('signs in, asks as its member, signs out', async () => {
    const signedIn = await signIn();
    expect(signedIn).toMatchObject({ status: 200, json: { user: { email: 'operator@northwind.test' } } });
    const [set = ''] = signedIn.headers.getSetCookie();
    expect(set).toMatch(/^sena\.session_token=/);
    expect(set).toMatch(/HttpOnly/i);
    expect(set).toMatch(/SameSite=Lax/i);
    const cookie = cookieOf(signedIn.headers);
    const me = await gateway.call('GET', '/v1/me', { as: null, headers: { cookie } });
    expect(me.json).toMatchObject({ role: 'operator', organization: { name: 'Northwind' }, planners: ['runbook'] });
    const session = await gateway.call('GET', '/api/auth/get-session', { as: null, headers: { cookie } });
    expect(session.json.user.email).toBe('operator@northwind.test');

    const out = await gateway.call('POST', '/api/auth/sign-out', { as: null, headers: { cookie, ...own }, body: {} });
    expect(out.status).toBe(200);
    expect((await gateway.call('GET', '/v1/me', { as: null, headers: { cookie } })).status).toBe(401);
    expect((await gateway.call('GET', '/api/auth/get-session', { as: null, headers: { cookie } })).text).toBe('null');
  });

  it('changes things from our own pages only', async () => {
    const cookie = cookieOf((await signIn()).headers);
    const ask = (headers: Record<string, string>) =>
      gateway.call('POST', '/v1/runs', {
        as: null,
        body: { kind: 'ask', prompt: 'x' },
        headers: { cookie, ...headers },
      });
    const elsewhere: Record<string, string>[] = [
      {},
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: `${testPublicUrl}.evil.test` },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.test', 'sec-fetch-site': 'same-origin' },
    ];
    for (const headers of elsewhere) {
      expect(await ask(headers)).toMatchObject({ status: 403, json: { code: 'origin_refused' } });
    }
    expect((await ask(own)).status).toBe(202);
    expect((await ask({ 'sec-fetch-site': 'same-origin' })).status).toBe(202);
  });

  it('is not signed in or out by another site', async () => {
    expect(await signIn({ origin: 'https://evil.test' })).toMatchObject({
      status: 403,
      json: { code: 'origin_refused' },
    });
    expect(await signIn({ 'sec-fetch-site': 'cross-site' })).toMatchObject({ json: { code: 'origin_refused' } });
    const cookie = cookieOf((await signIn({})).headers);
    const out = await gateway.call('POST', '/api/auth/sign-out', { as: null, headers: { cookie }, body: {} });
    expect(out).toMatchObject({ status: 403, json: { code: 'origin_refused' } });
  });

  it('that guesses a password is told to wait, in our own words', async () => {
    const guess = (password: string) =>
      gateway.call('POST', '/api/auth/sign-in/email', { as: null, body: { email: 'viewer@northwind.test', password } });
    for (let i = 0; i < 10; i++) {
      expect(await guess(`wrong password ${i}`)).toMatchObject({ status: 401, json: { code: 'unauthenticated' } });
    }
    const blocked = await guess(testPassword);
    expect(blocked).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
    expect(Number(blocked.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(gateway.log.join('')).not.toContain('wrong password');
    expect(gateway.log.join('')).not.toContain(testPassword);
  });
});
