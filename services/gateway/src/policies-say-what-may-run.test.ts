import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
const nodeIds: Record<string, string> = {};

beforeAll(async () => {
  gateway = await openTestGateway();
  const { json: site } = await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } });
  for (const [name, env] of [
    ['web-1', 'production'],
    ['web-2', 'production'],
    ['web-3', 'staging'],
  ] as const) {
    const body = { name, siteId: site.id, address: '10.0.0.7', labels: { env } };
    nodeIds[name] = (await gateway.call('POST', '/v1/nodes', { body })).json.id;
  }
});
afterAll(() => gateway.close());

const prodChanges = `// Two people change production.
forbid (principal, action in Action::"changes", resource)
when { resource.hasTag("env") && resource.getTag("env") == "production" }
unless { context.approvals >= 2 };`;
const stagingRestarts = `permit (principal, action == Action::"controls_service", resource)
when { resource.hasTag("env") && resource.getTag("env") == "staging" };`;
const restart = 'systemctl restart nginx';

type As = 'owner' | 'admin' | 'operator' | 'approver' | 'viewer';
const put = (name: string, text: string, version: number | null, as: As = 'admin') =>
  gateway.call('PUT', `/v1/policies/${name}`, { as, body: { text, version } });
const remove = (name: string, version: number, as: As = 'admin') =>
  gateway.call('DELETE', `/v1/policies/${name}?version=${version}`, { as });
const evaluate = (body: object, as: As = 'operator') => gateway.call('POST', '/v1/policy/evaluations', { as, body });
const auditOf = async (name: string) =>
  (
    await gateway.admin.query(`select action, actor, data from sena.audit_events where subject = $1 order by at, id`, [
      name,
    ])
  ).rows;

describe('a policy', () => {
  it('is kept with who wrote it, and every text it ever had; each change leaves an audit row', async () => {
    const { members } = gateway.ours;
    const created = await put('prod-changes', prodChanges, null);
    expect(created).toMatchObject({
      status: 200,
      json: { name: 'prod-changes', version: 1, text: prodChanges, updatedBy: { id: members.admin.userId }, notes: [] },
    });
    expect(await put('prod-changes', `${prodChanges}\n`, 1, 'owner')).toMatchObject({ json: { version: 2 } });
    expect((await remove('prod-changes', 2)).status).toBe(204);
    expect((await gateway.call('GET', '/v1/policies/prod-changes')).status).toBe(404);
    // A name that comes back goes on counting: no version is two texts.
    expect(await put('prod-changes', prodChanges, null)).toMatchObject({ json: { version: 4 } });

    const versions = await gateway.call('GET', '/v1/policies/prod-changes/versions', { as: 'viewer' });
    expect(
      versions.json.items.map(({ version, text }: { version: number; text: string | null }) => [version, text]),
    ).toEqual([
      [4, prodChanges],
      [3, null],
      [2, `${prodChanges}\n`],
      [1, prodChanges],
    ]);
    const pages = await gateway.call('GET', '/v1/policies/prod-changes/versions?limit=3');
    const rest = await gateway.call('GET', `/v1/policies/prod-changes/versions?cursor=${pages.json.nextCursor}`);
    expect(rest.json.items).toMatchObject([{ version: 1 }]);
    expect((await auditOf('prod-changes')).map(({ action, actor, data }) => [action, actor, data.version])).toEqual([
      ['policy.saved', `member:${members.admin.userId}`, 1],
      ['policy.saved', `member:${members.owner.userId}`, 2],
      ['policy.deleted', `member:${members.admin.userId}`, 3],
      ['policy.saved', `member:${members.admin.userId}`, 4],
    ]);
    const list = await gateway.call('GET', '/v1/policies', { as: 'viewer' });
    expect(list.json).toMatchObject({ items: [{ name: 'prod-changes' }], nextCursor: null });
    expect(list.json.defaults).toContain('@id("second-person")');
  });

  it('is not overwritten by who has not seen its last version, also at the same moment', async () => {
    await put('contended', stagingRestarts, null);
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => put('contended', `${stagingRestarts}// ${i}`, 1)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409, 409]);
    const late = await put('contended', stagingRestarts, 1);
    expect(late.json).toMatchObject({ code: 'conflict', detail: expect.stringMatching(/at version 2/) });
    expect(await remove('contended', 1)).toMatchObject({ status: 409 });
    expect((await remove('contended', 2)).status).toBe(204);
  });

  it('that can not be read is refused with its line and what to do, and changes nothing', async () => {
    const wrong = await put(
      'wrong',
      `${stagingRestarts}\npermit (principal, action, resource)\nwhen { resource.rack == "a" };`,
      null,
    );
    expect(wrong).toMatchObject({
      status: 422,
      json: {
        code: 'validation_failed',
        detail: expect.stringMatching(/^Policy wrong, line 4: .*rack.* Correct it and send it again\.$/),
        fields: [{ path: expect.stringMatching(/^text:4:\d+$/), message: expect.stringMatching(/rack/) }],
      },
    });
    const alone = await put('wrong', 'permit (principal, action == Action::"privilege", resource);', null);
    expect(alone.json.detail).toMatch(/always need an approval/);
    expect((await gateway.call('DELETE', '/v1/policies/prod-changes')).json).toMatchObject({
      code: 'validation_failed',
      detail: expect.stringMatching(/\?version=4/),
    });
    expect(await put('Not a name', prodChanges, null)).toMatchObject({
      status: 422,
      json: { fields: [{ path: 'name', message: expect.stringMatching(/small letters/) }] },
    });
    expect(await auditOf('wrong')).toEqual([]);
  });

  it.each(['operator', 'approver', 'viewer'] as const)('is not written by an %s', async (as) => {
    expect(await put('theirs', prodChanges, null, as)).toMatchObject({ status: 403 });
    expect(await remove('prod-changes', 4, as)).toMatchObject({ status: 403 });
  });

  it('holds in its own organization alone', async () => {
    const theirs = { as: null, headers: { authorization: `Bearer ${gateway.theirs.members.owner.apiKey}` } };
    expect((await gateway.call('GET', '/v1/policies', theirs)).json.items).toEqual([]);
    expect((await gateway.call('GET', '/v1/policies/prod-changes', theirs)).status).toBe(404);
    expect((await gateway.call('GET', '/v1/policies/prod-changes/versions', theirs)).status).toBe(404);
    expect((await gateway.call('DELETE', '/v1/policies/prod-changes?version=4', theirs)).status).toBe(404);
    const body = { command: restart };
    const answer = await gateway.call('POST', '/v1/policy/evaluations', { ...theirs, body });
    expect(answer.json).toMatchObject({ approvers: 1, rules: ['default/second-person'] });
  });
});

describe('a dry-run', () => {
  it('says what would hold if a model had proposed it', async () => {
    const draft = { name: 'restarts', text: 'permit (principal, action == Action::"controls_service", resource);' };
    const said = (more: object) =>
      gateway.call('POST', '/v1/policy/evaluations', { body: { command: restart, draft, ...more } });
    expect((await said({})).json).toMatchObject({ decision: 'allow', rules: ['restarts'] });
    expect((await said({ proposer: 'model' })).json).toMatchObject({
      ...{ decision: 'require_approval', approvers: 1, rules: ['default/no-person-wrote-it'] },
      reasons: [expect.stringMatching(/^needs approval because a model proposed it and `systemctl restart` controls/)],
    });
    expect((await said({ proposer: 'nobody' })).status).toBe(422);
  });

  it('lets a person’s question to the network run, and not a model’s', async () => {
    const said = async (more: object) =>
      (await gateway.call('POST', '/v1/policy/evaluations', { body: { command: 'ping -c 3 10.0.0.1', ...more } })).json;
    expect(await said({})).toMatchObject({ decision: 'allow', rules: ['default/asking-the-network'] });
    expect(await said({ proposer: 'model' })).toMatchObject({
      ...{ decision: 'require_approval', rules: ['default/no-person-wrote-it'] },
    });
    const draft = { name: 'quiet', text: 'forbid (principal, action == Action::"network", resource);' };
    expect(await said({ draft })).toMatchObject({ decision: 'deny', rules: ['quiet'] });
  });

  it('is asked for as the how-to says', async () => {
    const howTo = await readFile(new URL('../../../docs/how-to/write-a-policy.md', import.meta.url), 'utf8');
    const [, address, body = ''] = /curl -s "\$SENA([^"]+)"[^']*'[^']*' -d '([^']+)'/.exec(howTo) ?? [];
    expect(address).toBe('/v1/policy/evaluations');
    const { status, json } = await evaluate(JSON.parse(body));
    expect([status, json.decision, json.approvers]).toEqual([200, 'require_approval', 2]);
    expect(json.rules).toContain('two-for-production');
    expect(json.groups.map(({ nodes }: { nodes: { name: string }[] }) => nodes.length).sort()).toEqual([1, 2]);
  });

  it('says for each group of nodes what is asked for, by which rule and because of which text', async () => {
    const { json } = await evaluate({ command: restart, selector: '*' });
    expect(json).toMatchObject({
      ...{
        decision: 'require_approval',
        approvers: 2,
        passkey: false,
        nodeCount: 3,
        rules: ['prod-changes', 'default/second-person'],
      },
      effects: [{ kind: 'controls_service', start: 0, end: restart.length }],
      groups: [
        {
          ...{ decision: 'require_approval', approvers: 2, nodeCount: 2, rules: ['prod-changes'] },
          nodes: [{ name: 'web-1' }, { name: 'web-2' }],
          attributes: [{ name: 'label env', values: ['production'], more: 0 }],
          reasons: ['needs approval by two people because `systemctl restart` controls a service, rule prod-changes'],
        },
        { approvers: 1, nodeCount: 1, attributes: [{ values: ['staging'] }], rules: ['default/second-person'] },
      ],
    });
  });

  it('judges a draft as if it were saved, and saves nothing', async () => {
    const draft = { name: 'staging-restarts', text: stagingRestarts };
    const nodes = { nodeIds: [nodeIds['web-3']] };
    expect((await evaluate({ command: restart, ...nodes, draft })).json).toMatchObject({
      ...{ decision: 'allow', approvers: 0, nodeCount: 1, rules: ['staging-restarts'] },
    });
    expect((await evaluate({ command: restart, ...nodes })).json).toMatchObject({ decision: 'require_approval' });
    const replaced = { name: 'prod-changes', text: stagingRestarts };
    expect((await evaluate({ command: restart, selector: 'env=production', draft: replaced })).json).toMatchObject({
      approvers: 1,
    });
    const { json } = await evaluate({
      command: restart,
      draft: { name: 'x', text: 'permit (principal, action, resource);' },
    });
    expect(json.notes).toMatchObject([
      { policy: 'x', line: 1, message: expect.stringMatching(/always need an approval/) },
    ]);
    const torn = await evaluate({ command: restart, draft: { name: 'x', text: '\npermit (' } });
    expect(torn).toMatchObject({
      status: 422,
      json: { fields: [{ path: expect.stringMatching(/^draft\.text:2:\d+$/) }] },
    });
  });

  it('judges for the role that is asked about', async () => {
    const draft = {
      name: 'admins',
      text: 'permit (principal, action == Action::"controls_service", resource) when { principal.role == "admin" };',
    };
    const body = { command: restart, selector: 'env=staging', draft };
    expect((await evaluate(body)).json.decision).toBe('require_approval');
    expect((await evaluate({ ...body, role: 'admin' })).json.decision).toBe('allow');
    expect((await evaluate(body, 'admin')).json.decision).toBe('allow');
  });

  it('without nodes is for a node of which nothing is known', async () => {
    expect((await evaluate({ command: 'df -h' })).json).toMatchObject({
      decision: 'allow',
      nodeCount: null,
      groups: [],
    });
    expect((await evaluate({ command: restart, selector: 'env=nowhere' })).json).toMatchObject({
      nodeCount: 0,
      groups: [],
    });
  });
});
