import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool } from '@sena/db/tenant';
import { deleteNode } from '@sena/fleet/delete-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
let siteId = '';

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'admin', 'operator']);
  siteId = (await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } })).json.id;
});
afterAll(() => gateway.close());

const create = async (name: string): Promise<string> => {
  const { json } = await gateway.call('POST', '/v1/nodes', { body: { name, siteId, address: '10.0.0.7' } });
  return json.id;
};
const remove = (id: string, as: 'owner' | 'admin' | 'operator' = 'admin') =>
  gateway.call('DELETE', `/v1/nodes/${id}`, { as });
const names = async () =>
  (await gateway.call('GET', '/v1/nodes')).json.items.map((node: { name: string }) => node.name);
const auditOf = async (id: string) =>
  (await gateway.admin.query('select action, actor, data from sena.audit_events where subject = $1 order by id', [id]))
    .rows;

describe('a node that is deleted', () => {
  it('is gone from the list, with an audit row that says what it was; a second time it is not found', async () => {
    const id = await create('web-01');
    const answer = await remove(id);
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(await names()).toEqual([]);
    const audit = await auditOf(id);
    expect(audit.map((row) => row.action)).toEqual(['node.created', 'node.deleted']);
    expect(audit[1]).toMatchObject({
      actor: `member:${gateway.ours.members.admin.userId}`,
      data: { name: 'web-01', address: '10.0.0.7', port: 22, runAs: 'root', hostKey: null, siteId },
    });
    expect(await remove(id)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    expect(await auditOf(id)).toHaveLength(2);
  });

  it('needs a role that may create nodes', async () => {
    const id = await create('web-02');
    expect(await remove(id, 'operator')).toMatchObject({ status: 403, json: { code: 'forbidden' } });
    expect(await names()).toEqual(['web-02']);
    expect((await remove(id)).status).toBe(204);
  });

  it('and its audit row are one: where the one is not written, neither is the other', async () => {
    const id = await create('web-03');
    const pool = openPool(gateway.database.urls.app, { max: 1, applicationName: 'test', onError: () => undefined });
    try {
      const undone = inOrganization(pool, gateway.ours.id, async (transaction) => {
        await deleteNode(transaction, id, { ref: 'member:x', key: null });
        throw new Error('the transaction does not commit');
      });
      await expect(undone).rejects.toThrow('does not commit');
    } finally {
      await pool.end();
    }
    expect(await names()).toEqual(['web-03']);
    expect((await auditOf(id)).map((row) => row.action)).toEqual(['node.created']);
    expect((await remove(id)).status).toBe(204);
  });

  it('leaves the runs that reached it as they are, and its name free for another', async () => {
    const id = await create('web-04');
    const { json: run } = await gateway.call('POST', '/v1/runs', {
      body: { kind: 'command', command: 'hostname', selector: 'name=web-04' },
    });
    const dispatchId = newId('disp');
    await gateway.admin.query(
      `insert into sena.dispatches (id, organization_id, run_id, step, shell, command, command_sha256, limits, read_only, expires_at, total, pending)
       values ($1, $2, $3, 's1', 'sh', 'hostname', 'x', '{}', true, now(), 1, 0)`,
      [dispatchId, gateway.ours.id, run.id],
    );
    await gateway.admin.query(
      `insert into sena.executions (id, organization_id, run_id, dispatch_id, step, node_id, node_name, address, port, run_as, credential)
       values (gen_random_uuid(), $1, $2, $3, 's1', $4, 'web-04', '10.0.0.7', 22, 'root', 'default')`,
      [gateway.ours.id, run.id, dispatchId, id],
    );
    expect((await remove(id)).status).toBe(204);
    const { json: executions } = await gateway.call('GET', `/v1/runs/${run.id}/executions`);
    expect(executions.items).toMatchObject([{ node: { id, name: 'web-04' }, command: 'hostname' }]);
    const again = await create('web-04');
    expect(again).toMatch(/^node_/);
    expect(again).not.toBe(id);
  });
});
