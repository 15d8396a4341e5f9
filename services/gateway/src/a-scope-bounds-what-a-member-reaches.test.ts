// "Operator on env=staging": nodes, runs, approvals and everything below them end where the selector ends.
import { randomUUID } from 'node:crypto';
import { newId } from '@sena/contracts/ids';
import { actionDigest } from '@sena/envelope/action-digest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let siteId: string;
let satelliteId: string;
const node: Record<string, string> = {};
/** Runs of the owner: on staging nodes, on production, on both, on none. */
const run = { staging: '', production: '', mixed: '', none: '' };
const execution = { staging: '', production: '' };
const approval = { staging: '', production: '', mixed: '' };

const scope = 'env=staging';

beforeAll(async () => {
  gateway = await openTestGateway();
  siteId = (await gateway.call('POST', '/v1/sites', { body: { name: 'paris' } })).json.id;
  satelliteId = newId('sat');
  await insert('satellites', { id: satelliteId, site_id: siteId, name: 'sat', public_key: 'x', fingerprint: 'f' });
  for (const [name, env] of [
    ['web-01', 'staging'],
    ['web-02', 'staging'],
    ['db-01', 'production'],
  ] as const) {
    const body = { name, siteId, address: '10.0.0.1', labels: { env } };
    node[name] = (await gateway.call('POST', '/v1/nodes', { body })).json.id;
  }
  [run.staging, execution.staging] = await ranOn(['web-01', 'web-02']);
  [run.production, execution.production] = await ranOn(['db-01']);
  [run.mixed] = await ranOn(['web-01', 'db-01']);
  [run.none] = await ranOn([]);
  approval.staging = await askedFor(['web-01']);
  approval.production = await askedFor(['db-01']);
  approval.mixed = await askedFor(['web-01', 'db-01']);
  for (const role of ['operator', 'approver', 'viewer'] as const) {
    const { userId } = gateway.ours.members[role];
    expect((await gateway.call('PATCH', `/v1/members/${userId}`, { body: { scope } })).status).toBe(200);
  }
}, 60_000);
afterAll(() => gateway.close());

describe('a run', () => {
  const ask = (selector: string, kind = 'command') =>
    gateway.call('POST', '/v1/runs', {
      as: 'operator',
      body: kind === 'command' ? { kind, command: 'uptime', selector } : { kind, prompt: 'why?', selector },
    });

  it.each(['*', 'env=staging or name=db-01', 'not name=web-01', `site=paris`])(
    'that reaches beyond with %s is refused, and told where the scope ends',
    async (selector) => {
      for (const kind of ['command', 'ask']) {
        const answer = await ask(selector, kind);
        expect(answer.json).toMatchObject({ status: 403, code: 'beyond_scope' });
        expect(answer.json.detail).toContain(scope);
        expect(answer.text).not.toMatch(/db-01.*db-01|production/);
      }
    },
  );

  it('on nodes beyond alone is answered as one on nodes that are not there', async () => {
    const beyond = await ask('name=db-01');
    const nowhere = await ask('name=no-01');
    expect(beyond.json).toMatchObject({ status: 422, code: 'no_nodes_match' });
    expect(beyond.json.detail).toBe(nowhere.json.detail);
  });

  it('within is taken, and keeps the scope under which it was asked for', async () => {
    const answer = await ask('name=web-*');
    expect(answer.status).toBe(202);
    const stored = await gateway.admin.query('select scope from sena.runs where id = $1', [answer.json.id]);
    expect(stored.rows).toEqual([{ scope }]);
    expect((await gateway.call('GET', `/v1/runs/${answer.json.id}`, { as: 'operator' })).status).toBe(200);
    // Nobody’s nodes yet: whoever else is bounded does not see it.
    expect((await gateway.call('GET', `/v1/runs/${answer.json.id}`, { as: 'viewer' })).status).toBe(404);
  });

  it.each(['operator', 'approver', 'viewer'] as const)(
    'of others is seen by the %s within the scope alone',
    async (as) => {
      const listed = await gateway.call('GET', '/v1/runs', { as });
      const ids = listed.json.items.map((item: { id: string }) => item.id);
      expect(ids).toContain(run.staging);
      for (const hidden of [run.production, run.mixed, run.none]) expect(ids).not.toContain(hidden);
      expect((await gateway.call('GET', `/v1/runs/${run.staging}`, { as })).status).toBe(200);
      for (const id of [run.production, run.mixed, run.none]) {
        for (const below of ['', '/executions', '/output-groups', '/events']) {
          const answer = await gateway.call('GET', `/v1/runs/${id}${below}`, { as });
          expect([below, answer.status]).toEqual([below, 404]);
        }
      }
      const output = (id: string) => gateway.call('GET', `/v1/executions/${id}/output`, { as });
      expect((await output(execution.staging)).status).toBe(200);
      expect((await output(execution.production)).status).toBe(404);
      expect((await output(execution.production)).json.detail).toMatch(/^There is no/);
    },
  );

  it('beyond is not cancelled', async () => {
    expect((await gateway.call('POST', `/v1/runs/${run.production}/cancel`, { as: 'operator' })).status).toBe(404);
    const stored = await gateway.admin.query('select cancel_requested_at from sena.runs where id = $1', [
      run.production,
    ]);
    expect(stored.rows[0].cancel_requested_at).toBeNull();
  });

  it('is out of sight as soon as one of its nodes is', async () => {
    const label = (env: string) =>
      gateway.admin.query('update sena.nodes set labels = $2 where id = $1', [node['web-02'], { env }]);
    await label('production');
    expect((await gateway.call('GET', `/v1/runs/${run.staging}`, { as: 'operator' })).status).toBe(404);
    await label('staging');
    expect((await gateway.call('GET', `/v1/runs/${run.staging}`, { as: 'operator' })).status).toBe(200);
  });

  it('is followed no longer than its nodes may be seen', async () => {
    const { userId, apiKey } = gateway.ours.members.viewer;
    const answer = await fetch(`${gateway.url}/v1/runs/${run.staging}/events`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const reader = (answer.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    const narrowedAtMs = performance.now();
    await gateway.call('PATCH', `/v1/members/${userId}`, { body: { scope: 'name=web-01' } });
    while (!(await reader.read()).done);
    expect(performance.now() - narrowedAtMs).toBeLessThan(2_500);
    await gateway.call('PATCH', `/v1/members/${userId}`, { body: { scope } });
  });
});

describe('nodes', () => {
  it.each(['operator', 'approver', 'viewer'] as const)(
    'beyond are not listed for the %s, whatever they ask',
    async (as) => {
      const names = async (query: string) =>
        (await gateway.call('GET', `/v1/nodes?${query}`, { as })).json.items.map((item: { name: string }) => item.name);
      expect(await names('')).toEqual(['web-01', 'web-02']);
      expect(await names('selector=*')).toEqual(['web-01', 'web-02']);
      expect(await names('selector=name%3Ddb-01')).toEqual([]);
      expect(await names(`selector=${encodeURIComponent('name=db-01 or name=web-01')}`)).toEqual(['web-01']);
      expect(await names(`siteId=${siteId}`)).toEqual(['web-01', 'web-02']);
    },
  );

  it('beyond are not counted in a site, and a site without others is not there', async () => {
    const other = (await gateway.call('POST', '/v1/sites', { body: { name: 'secret' } })).json.id;
    const sites = async (as: 'owner' | 'viewer') =>
      (await gateway.call('GET', '/v1/sites', { as })).json.items.map((item: { name: string; nodeCount: number }) => [
        item.name,
        item.nodeCount,
      ]);
    expect(await sites('owner')).toEqual([
      ['paris', 3],
      ['secret', 0],
    ]);
    expect(await sites('viewer')).toEqual([['paris', 2]]);
    await insert('satellites', { id: newId('sat'), site_id: other, name: 'hidden', public_key: 'x', fingerprint: 'g' });
    const satellites = await gateway.call('GET', '/v1/satellites', { as: 'viewer' });
    expect(satellites.json.items.map((item: { name: string }) => item.name)).toEqual(['sat']);
  });

  it('beyond are not counted by policy', async () => {
    const answer = await gateway.call('POST', '/v1/policy/evaluations', {
      as: 'operator',
      body: { command: 'uptime', selector: '*' },
    });
    expect(answer.json.nodeCount).toBe(2);
  });
});

describe('an approval', () => {
  it('beyond is neither listed, read nor decided', async () => {
    const listed = await gateway.call('GET', '/v1/approvals', { as: 'approver' });
    const ids = listed.json.items.map((item: { id: string }) => item.id);
    expect(ids).toContain(approval.staging);
    for (const id of [approval.production, approval.mixed]) {
      expect(ids).not.toContain(id);
      expect((await gateway.call('GET', `/v1/approvals/${id}`, { as: 'approver' })).status).toBe(404);
      expect((await gateway.call('GET', `/v1/approvals/${id}/action`, { as: 'approver' })).status).toBe(404);
      for (const decision of ['approve', 'reject']) {
        const decided = await gateway.call('POST', `/v1/approvals/${id}/decision`, {
          as: 'approver',
          body: { decision },
        });
        expect(decided.status).toBe(404);
      }
      const stored = await gateway.admin.query('select status from sena.approvals where id = $1', [id]);
      expect(stored.rows).toEqual([{ status: 'pending' }]);
    }
  });

  it('within is decided', async () => {
    const decided = await gateway.call('POST', `/v1/approvals/${approval.staging}/decision`, {
      as: 'approver',
      body: { decision: 'approve' },
    });
    expect(decided.json).toMatchObject({ status: 'approved' });
  });
});

describe('what is about the whole organization', () => {
  it('is not for who sees a part of it', async () => {
    const answer = await gateway.call('GET', '/v1/audit-events', { as: 'approver' });
    expect(answer.json).toMatchObject({ code: 'forbidden' });
    expect(answer.json.detail).toContain(scope);
  });

  it('is said by /v1/me', async () => {
    const { json } = await gateway.call('GET', '/v1/me', { as: 'approver' });
    expect(json).toMatchObject({ role: 'approver', scope });
    expect(json.permissions).not.toContain('audit:read');
    expect(json.permissions).toContain('approvals:decide');
  });
});

function insert(table: string, row: Record<string, unknown>) {
  const columns = { organization_id: gateway.ours.id, ...row };
  const places = Object.keys(columns).map((_, i) => `$${i + 1}`);
  return gateway.admin.query(
    `insert into sena.${table} (${Object.keys(columns).join(', ')}) values (${places.join(', ')})`,
    Object.values(columns),
  );
}

async function newRun(): Promise<string> {
  const id = newId('run');
  const requested_by = `member:${gateway.ours.members.owner.userId}`;
  await insert('runs', { id, kind: 'command', command: 'id', status: 'running', requested_by, requested_by_name: 'o' });
  return id;
}

async function ranOn(names: readonly string[]): Promise<[runId: string, executionId: string]> {
  const runId = await newRun();
  const dispatchId = newId('disp');
  const text = { step: 's1', shell: 'sh', command: 'id', command_sha256: 'x', limits: '{}', read_only: true };
  const counts = { total: names.length, pending: names.length, expires_at: '2099-01-01' };
  await insert('dispatches', { id: dispatchId, run_id: runId, satellite_id: satelliteId, ...text, ...counts });
  let id = '';
  for (const name of names) {
    id = randomUUID();
    const where = {
      node_id: node[name],
      node_name: name,
      address: 'x',
      port: 22,
      run_as: 'root',
      credential: 'default',
    };
    await insert('executions', { id, run_id: runId, dispatch_id: dispatchId, step: 's1', ...where });
  }
  return [runId, id];
}

async function askedFor(names: readonly string[]): Promise<string> {
  const runId = await newRun();
  const id = newId('appr');
  const nodes = names.map((name) => ({
    ...{ nodeId: node[name] as string, name, address: '10.0.0.1', port: 22, hostKey: null, runAs: 'root' },
    ...{ credential: 'default', satelliteId },
  }));
  const action: Parameters<typeof actionDigest>[0] = {
    ...{ v: 1 as const, organizationId: gateway.ours.id, runId, approvalNonce: 'n' },
    ...{ notBefore: '2026-01-01T00:00:00Z', expiresAt: '2099-01-01T00:00:00Z' },
    commands: [
      {
        ...{ step: 's1', shell: 'sh' as const, command: 'reboot', environment: {}, nodes },
        limits: { timeoutMs: 1_000, outputBytesMax: 65_536 },
      },
    ],
  };
  const digest = actionDigest(action);
  await insert('approvals', {
    ...{ id, run_id: runId, action: JSON.stringify(action), action_digest: digest, effects: '[]', reasons: '[]' },
    ...{
      requested_by: `member:${gateway.ours.members.owner.userId}`,
      requested_by_name: 'o',
      expires_at: '2099-01-01',
    },
  });
  return id;
}
