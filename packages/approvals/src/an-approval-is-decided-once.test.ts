import type { Member, Role } from '@sena/contracts/domain/principal';
import type { Action } from '@sena/contracts/envelope';
import { newId } from '@sena/contracts/ids';
import { inOrganization, openPool, type Pool, type TenantTransaction } from '@sena/db/tenant';
import { actionDigest } from '@sena/envelope/action-digest';
import { showCommand } from '@sena/envelope/show-command';
import { createTestDatabase, type TestDatabase } from '@sena/testing/postgres';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Decision, decideApproval } from './decide-approval.ts';
import { expireApproval, listApprovalsToExpire } from './expire-approval.ts';
import { findApprovalOfStep } from './find-approval-of-step.ts';
import { listApprovals } from './list-approvals.ts';
import { readApproval } from './read-approval.ts';
import { readApprovedAction, readDecision } from './read-decision.ts';
import { requestApproval } from './request-approval.ts';
import { voidApprovalsOfRun } from './void-approval.ts';

let database: TestDatabase;
let pool: Pool;
let admin: pg.Client;
const organizationId = newId('org');
const runId = newId('run');
const requester = member('owner', 'user_requester');
const approver = member('approver', 'user_approver');

beforeAll(async () => {
  database = await createTestDatabase();
  pool = openPool(database.urls.app, { max: 4, applicationName: 'test', onError: () => undefined });
  admin = new pg.Client({ connectionString: database.adminUrl });
  await admin.connect();
  await tenant(async (transaction) => {
    await transaction.query(`insert into organizations (organization_id, name) values ($1, 'x')`, [organizationId]);
    await transaction.query(
      `insert into runs (id, organization_id, kind, command, requested_by, requested_by_name) values ($1, $2, 'command', 'x', $3, 'Req')`,
      [runId, organizationId, `member:${requester.userId}`],
    );
  });
});
afterAll(async () => {
  await pool.end();
  await admin.end();
  await database.drop();
});

function member(role: Role, userId: string): Member {
  return {
    kind: 'member',
    organizationId,
    userId,
    email: 'x@y.test',
    name: `${role} ${userId}`,
    role,
    scope: null,
    by: 'session',
    credentialId: null,
    key: null,
    keyPermissions: null,
  };
}
function tenant<T>(work: (transaction: TenantTransaction) => Promise<T>): Promise<T> {
  return inOrganization(pool, organizationId, work);
}
function actionOf(changes: Partial<Action> = {}): Action {
  const node = {
    satelliteId: 'sat_1',
    address: '10.0.0.1',
    port: 22,
    hostKey: null,
    runAs: 'root',
    credential: 'default',
  };
  return {
    v: 1,
    organizationId,
    runId,
    approvalNonce: crypto.randomUUID(),
    notBefore: '2026-01-01T00:00:00Z',
    expiresAt: '2099-01-01T00:00:00Z',
    commands: [
      {
        step: 's1',
        shell: 'sh',
        command: 'systemctl restart nginx',
        environment: {},
        limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
        nodes: Array.from({ length: 25 }, (_, i) => ({ ...node, nodeId: `node_${i}`, name: `web-${i}` })),
      },
    ],
    ...changes,
  };
}
const request = (action = actionOf(), approversRequired: 1 | 2 = 1, passkeyRequired = false) =>
  tenant((transaction) =>
    requestApproval(transaction, {
      runId,
      action,
      effects: [{ kind: 'controls_service', detail: 'restarts nginx', start: 0, end: 9 }],
      reasons: ['restarts a service'],
      requestedBy: `member:${requester.userId}`,
      requestedByName: requester.name,
      requestedKey: null,
      approversRequired,
      passkeyRequired,
      actor: 'service:orchestrator',
    }),
  );
const decide = (approvalId: string, changes: Partial<Decision> = {}) =>
  tenant((transaction) => decideApproval(transaction, { approvalId, by: approver, decision: 'approve', ...changes }));
const statusOf = async (approvalId: string) =>
  (await tenant((transaction) => readDecision(transaction, approvalId))).status;
const auditOf = async (approvalId: string) =>
  (
    await admin.query('select action, actor from sena.audit_events where subject = $1 order by at, id', [approvalId])
  ).rows.map((row) => `${row.action} ${row.actor}`);

/** As identity knows them, for who asks it; null: not any more. */
async function beMember(userId: string, role: Role | null): Promise<void> {
  await admin.query('set session_replication_role = replica');
  await admin.query(`delete from identity."member" where "userId" = $1`, [userId]);
  if (role !== null) {
    await admin.query(
      `insert into identity."member" (id, "organizationId", "userId", role, "createdAt") values ($1, $2, $3, $4, now())`,
      [newId('memb'), organizationId, userId, role],
    );
  }
  await admin.query('reset session_replication_role');
}

describe('an approval that two people have to give', () => {
  const second = member('admin', 'user_second');
  beforeEach(() => beMember('user_approver', 'approver'));

  it.each<[string, Role | null, 'recorded' | 'decided']>([
    ['was removed meanwhile', null, 'recorded'],
    ['may not decide any more', 'operator', 'recorded'],
    ['has another role that may', 'admin', 'decided'],
  ])('does not count the first one where that person %s: %s → %s', async (_what, role, kind) => {
    const id = await request(actionOf(), 2);
    expect(await decide(id)).toMatchObject({ kind: 'recorded', missing: 1 });
    await beMember('user_approver', role);
    expect(await decide(id, { by: second })).toMatchObject(kind === 'recorded' ? { kind, missing: 1 } : { kind });
    expect(await statusOf(id)).toBe(kind === 'recorded' ? 'pending' : 'approved');
  });

  it('waits for the second, and names both', async () => {
    const id = await request(actionOf(), 2);
    expect(await decide(id, { reason: 'fine' })).toEqual({ kind: 'recorded', runId, missing: 1 });
    expect(await statusOf(id)).toBe('pending');
    const seen = (viewer: Member) => tenant((transaction) => readApproval(transaction, viewer, id));
    expect(await seen(approver)).toMatchObject({ status: 'pending', mayDecide: false, decidedBy: null });
    expect(await seen(requester)).toMatchObject({ mayDecide: false });
    expect(await seen(second)).toMatchObject({
      ...{ mayDecide: true, approversRequired: 2 },
      decisions: [{ by: { id: 'user_approver' }, decision: 'approve', reason: 'fine' }],
    });
    expect(await decide(id, { by: second })).toEqual({ kind: 'decided', runId });
    expect(await seen(second)).toMatchObject({
      status: 'approved',
      decisions: [{ by: { id: 'user_approver' } }, { by: { id: 'user_second' } }],
    });
    expect(await auditOf(id)).toEqual([
      'approval.requested service:orchestrator',
      'approval.recorded member:user_approver',
      'approval.approved member:user_second',
    ]);
  });

  it('counts nobody twice, whatever role they have by then', async () => {
    const id = await request(actionOf(), 2);
    await decide(id);
    for (const role of ['approver', 'admin', 'owner'] as const) {
      const again = decide(id, { by: { ...approver, role }, reason: 'once more' });
      await expect(again).rejects.toMatchObject({ code: 'already_decided' });
    }
    expect(await statusOf(id)).toBe('pending');
  });

  it('is never the requester’s, as first or as second', async () => {
    const id = await request(actionOf(), 2);
    await expect(decide(id, { by: requester })).rejects.toMatchObject({ code: 'own_request' });
    await decide(id);
    await expect(decide(id, { by: requester })).rejects.toMatchObject({ code: 'own_request' });
    expect(await statusOf(id)).toBe('pending');
  });

  it('ends with one who rejects', async () => {
    const id = await request(actionOf(), 2);
    await decide(id);
    expect(await decide(id, { by: second, decision: 'reject' })).toEqual({ kind: 'decided', runId });
    expect(await statusOf(id)).toBe('rejected');
    await expect(decide(id, { by: member('owner', 'user_third') })).rejects.toMatchObject({ code: 'already_decided' });
  });

  it('is given once, also when many approve at the same moment', async () => {
    for (const i of [0, 1, 2]) await beMember(`user_${i}`, 'approver');
    const id = await request(actionOf(), 2);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) => decide(id, { by: member('approver', `user_${i % 3}`) })),
    );
    const kinds = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? outcome.value.kind : 'refused'));
    expect(kinds.sort()).toEqual(['decided', 'recorded', 'refused', 'refused', 'refused', 'refused']);
    const seen = await tenant((transaction) => readApproval(transaction, second, id));
    expect(new Set(seen.decisions.map(({ by }) => by.id)).size).toBe(2);
  });

  it('does not run after one: its action is not given out', async () => {
    const id = await request(actionOf(), 2);
    await decide(id);
    await expect(tenant((transaction) => readApprovedAction(transaction, id))).rejects.toThrow(/pending, not approved/);
  });
});

it('that wants a passkey is not given without one, and may be rejected', async () => {
  const id = await request(actionOf(), 1, true);
  await expect(decide(id)).rejects.toMatchObject({ code: 'passkey_required' });
  expect(await statusOf(id)).toBe('pending');
  expect(await decide(id, { decision: 'reject' })).toMatchObject({ kind: 'decided' });
});

describe('a decision', () => {
  it('is that of a second person, written down with its reason', async () => {
    const id = await request();
    expect(await decide(id, { reason: 'fine' })).toEqual({ kind: 'decided', runId });
    expect(await tenant((transaction) => readApproval(transaction, approver, id))).toMatchObject({
      status: 'approved',
      reason: 'fine',
      requestedBy: { id: 'user_requester' },
      decidedBy: { id: 'user_approver', name: 'approver user_approver' },
      mayDecide: false,
    });
    expect(await auditOf(id)).toEqual([
      'approval.requested service:orchestrator',
      'approval.approved member:user_approver',
    ]);
  });

  it('is not the requester’s, whatever the role', async () => {
    const id = await request();
    for (const decision of ['approve', 'reject'] as const) {
      await expect(decide(id, { by: requester, decision })).rejects.toMatchObject({ code: 'own_request', status: 403 });
    }
    expect(await statusOf(id)).toBe('pending');
  });

  it.each(['viewer', 'operator'] as const)('is not a %s’s', async (role) => {
    const id = await request();
    await expect(decide(id, { by: member(role, 'user_x') })).rejects.toMatchObject({ code: 'forbidden' });
    expect(await statusOf(id)).toBe('pending');
  });

  it.each(['owner', 'admin', 'approver'] as const)('may be an %s’s', async (role) => {
    expect(await decide(await request(), { by: member(role, 'user_x'), decision: 'reject' })).toMatchObject({
      kind: 'decided',
    });
  });

  it('counts once, also when many decide at the same moment', async () => {
    const id = await request();
    const outcomes = await Promise.allSettled(
      Array.from({ length: 6 }, (_, i) =>
        decide(id, { by: member('approver', `user_${i}`), decision: i % 2 === 0 ? 'approve' : 'reject' }),
      ),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'already_decided' });
    }
    expect(await auditOf(id)).toHaveLength(2);
  });

  it('is about what the person saw', async () => {
    const action = actionOf();
    const id = await request(action);
    const other = actionDigest(actionOf());
    await expect(decide(id, { actionDigest: other })).rejects.toMatchObject({ code: 'conflict' });
    expect(await statusOf(id)).toBe('pending');
    expect(await decide(id, { actionDigest: actionDigest(action) })).toMatchObject({ kind: 'decided' });
  });

  it.each([
    ['a command', `jsonb_set(action, '{commands,0,command}', '"rm -rf /"')`],
    ['a node', `jsonb_set(action, '{commands,0,nodes,0,address}', '"10.9.9.9"')`],
    ['the login', `jsonb_set(action, '{commands,0,nodes,0,runAs}', '"admin"')`],
    ['the validity', `jsonb_set(action, '{expiresAt}', '"2100-01-01T00:00:00Z"')`],
    ['a field', `action || '{"extra":1}'`],
  ])('about an action of which %s was altered makes it void', async (_what, sql) => {
    const id = await request();
    await admin.query(`update sena.approvals set action = ${sql} where id = $1`, [id]);
    expect(await decide(id)).toMatchObject({ kind: 'void', runId });
    expect(await statusOf(id)).toBe('void');
    expect(await auditOf(id)).toEqual([
      'approval.requested service:orchestrator',
      'approval.void member:user_approver',
    ]);
    await expect(decide(id)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('that comes too late expires it', async () => {
    const id = await request(actionOf({ expiresAt: '2026-01-01T00:00:01Z' }));
    expect(await decide(id)).toEqual({ kind: 'expired', runId });
    expect(await statusOf(id)).toBe('expired');
    await expect(decide(id)).rejects.toMatchObject({ code: 'approval_expired' });
  });

  it('about another organization’s request is not found', async () => {
    const id = await request();
    const other = { ...approver, organizationId: newId('org') };
    const foreign = inOrganization(pool, other.organizationId, (transaction) =>
      decideApproval(transaction, { approvalId: id, by: other, decision: 'approve' }),
    );
    await expect(foreign).rejects.toMatchObject({ code: 'not_found' });
    expect(await statusOf(id)).toBe('pending');
  });
});

describe('what was approved', () => {
  it('is read exactly as it was, and only when it was approved', async () => {
    const action = actionOf();
    const id = await request(action);
    await expect(tenant((transaction) => readApprovedAction(transaction, id))).rejects.toThrow('pending, not approved');
    await decide(id);
    expect(await tenant((transaction) => readApprovedAction(transaction, id))).toEqual(action);
    await admin.query(
      `update sena.approvals set action = jsonb_set(action, '{commands,0,command}', '"id"') where id = $1`,
      [id],
    );
    await expect(tenant((transaction) => readApprovedAction(transaction, id))).rejects.toThrow('not the one');
  });

  it('can not be requested for another run or organization', async () => {
    await expect(request(actionOf({ runId: newId('run') }))).rejects.toThrow('another run');
    await expect(request(actionOf({ organizationId: newId('org') }))).rejects.toThrow('another run or organization');
  });
});

describe('a request', () => {
  it('expires by the sweeper, once', async () => {
    const id = await request(actionOf({ expiresAt: '2026-01-01T00:00:01Z' }));
    expect(await listApprovalsToExpire(pool, 100)).toContainEqual({ organizationId, approvalId: id });
    const shown = await tenant((transaction) => readApproval(transaction, approver, id));
    expect(shown).toMatchObject({ status: 'expired', mayDecide: false });
    const expire = () => tenant((transaction) => expireApproval(transaction, id, 'service:sweeper'));
    expect(await expire()).toEqual({ runId });
    expect(await expire()).toBeNull();
    const open = await request();
    expect(await tenant((transaction) => expireApproval(transaction, open, 'service:sweeper'))).toBeNull();
  });

  it('is void when its run is cancelled; what was decided stays', async () => {
    const decided = await request();
    await decide(decided);
    const pending = await request();
    expect(
      await tenant((transaction) => voidApprovalsOfRun(transaction, runId, 'service:orchestrator')),
    ).toBeGreaterThan(0);
    expect(await statusOf(pending)).toBe('void');
    expect(await statusOf(decided)).toBe('approved');
  });

  it('is found by its step', async () => {
    const id = await request();
    expect(await tenant((transaction) => findApprovalOfStep(transaction, runId, 's1'))).toEqual({
      id,
      status: 'pending',
    });
    expect(await tenant((transaction) => findApprovalOfStep(transaction, runId, 's2'))).toBeNull();
  });

  it('shows everything that the digest is over: where, as whom, with which key, shell, environment, limits, validity', async () => {
    await tenant(async (transaction) => {
      await transaction.query(`insert into sites (id, organization_id, name) values ('site_1', $1, 'fra1')`, [
        organizationId,
      ]);
      await transaction.query(
        `insert into satellites (id, organization_id, site_id, name, public_key, fingerprint) values ('sat_1', $1, 'site_1', 'sat-fra1', 'k', 'f')`,
        [organizationId],
      );
      await transaction.query(
        `insert into nodes (id, organization_id, site_id, name, address, port, run_as, credential)
         values ('node_0', $1, 'site_1', 'web-0', '10.0.0.1', 22, 'root', 'default')`,
        [organizationId],
      );
    });
    const action = actionOf();
    const [command] = action.commands;
    if (command === undefined) throw new Error('there is no command');
    command.environment = { LC_ALL: 'C\u202e' };
    const hostKey = `SHA256:${'a'.repeat(43)}`;
    command.nodes = command.nodes.slice(0, 2).map((node) => ({ ...node, port: 2222, runAs: 'deploy', hostKey }));
    const id = await request(action);
    const shown = await tenant((transaction) => readApproval(transaction, approver, id));
    expect(shown.commands).toEqual([
      {
        step: 's1',
        command: 'systemctl restart nginx',
        escapes: [],
        shell: 'sh',
        environment: { LC_ALL: 'C\\u{202e}' },
        limits: { timeoutMs: 60_000, outputBytesMax: 1_048_576 },
        nodeCount: 2,
        nodes: [false, true].map((isDeleted, i) => ({
          id: `node_${i}`,
          name: `web-${i}`,
          address: '10.0.0.1',
          port: 2222,
          runAs: 'deploy',
          credential: 'default',
          hostKey,
          satellite: { id: 'sat_1', name: 'sat-fra1' },
          site: 'fra1',
          isDeleted,
        })),
      },
    ]);
    expect(shown).toMatchObject({ notBefore: '2026-01-01T00:00:00Z', expiresAt: '2099-01-01T00:00:00.000Z' });
  });

  it('is listed newest first, with some of its nodes and how many there are', async () => {
    const older = await request();
    const newest = await request();
    const page = await tenant((transaction) => listApprovals(transaction, approver, { limit: 1, status: 'pending' }));
    expect(page.items[0]).toMatchObject({ id: newest, status: 'pending', mayDecide: true });
    expect(page.items[0]?.commands[0]).toMatchObject({ nodeCount: 25 });
    expect(page.items[0]?.commands[0]?.nodes).toHaveLength(20);
    const whole = await tenant((transaction) => readApproval(transaction, approver, newest));
    expect(whole.commands[0]?.nodes).toHaveLength(25);
    const next = await tenant((transaction) =>
      listApprovals(transaction, requester, { limit: 1, cursor: page.nextCursor ?? '', status: 'pending' }),
    );
    expect(next.items).toMatchObject([{ id: older, mayDecide: false }]);
  });
});

describe('a command that is shown', () => {
  it.each([
    ['ls -l', 'ls -l'],
    ['a\nb', 'a\nb'],
    ['rm x\rls', 'rm x\\rls'],
    ['\u001b[2K\u0007', '\\u{1b}[2K\\u{7}'],
    ['a\u202eb\u2066c', 'a\\u{202e}b\\u{2066}c'],
    ['a\u200bb\ufeffc', 'a\\u{200b}b\\u{feff}c'],
    ['a\tb\u0085c\u2028d', 'a\\tb\\u{85}c\\u{2028}d'],
    ['rm\u00a0x\u3000y', 'rm\\u{a0}x\\u{3000}y'],
    ['a\u034fb\ufe0fc\u2800d\u3164e', 'a\\u{34f}b\\u{fe0f}c\\u{2800}d\\u{3164}e'],
    ['a\ud800b\ue000c', 'a\\u{d800}b\\u{e000}c'],
    ['grüße', 'grüße'],
    ['c\u0430t /etc/p\u03bfst', 'c\\u{430}t /etc/p\\u{3bf}st'],
    ['rm \u2013rf \uff0fsrv \u2215x \uff1b\u2033', 'rm \\u{2013}rf \\u{ff0f}srv \\u{2215}x \\u{ff1b}\\u{2033}'],
    ['e\u0301 \u{1d41a} \u0131 \u00d7', 'e\\u{301} \\u{1d41a} \\u{131} \\u{d7}'],
    ['漢字', '\\u{6f22}\\u{5b57}'],
  ])('%j can not move, hide, turn or counterfeit anything', (command, shown) => {
    expect(showCommand(command).text).toBe(shown);
  });

  it('tells its escapes from text that looks like one', () => {
    const { text, escapes } = showCommand('echo \\u{1b} \u001b\tx');
    expect(text).toBe('echo \\u{1b} \\u{1b}\\tx');
    expect(escapes.map(({ start, end }) => text.slice(start, end))).toEqual(['\\u{1b}', '\\t']);
    expect(escapes[0]?.start).toBe('echo \\u{1b} '.length);
  });
});
