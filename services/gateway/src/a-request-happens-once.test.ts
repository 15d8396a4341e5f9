import { newId } from '@sena/contracts/ids';
import type { JobData } from '@sena/contracts/jobs';
import { openQueue } from '@sena/queue/open-queue';
import { eventually } from '@sena/testing/eventually';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openTestGateway, type TestGateway } from './fixtures/open-test-gateway.ts';

let gateway: TestGateway;
const command = { kind: 'command', command: 'hostname', selector: 'role=web' };

beforeAll(async () => {
  gateway = await openTestGateway(['owner', 'operator']);
  const site = await gateway.call('POST', '/v1/sites', { body: { name: 'berlin' } });
  const body = { name: 'web-01', siteId: site.json.id, address: '10.0.0.1', labels: { role: 'web' } };
  await gateway.call('POST', '/v1/nodes', { body });
});
afterAll(() => gateway.close());

const postRun = (body: unknown, key?: string, as: 'owner' | 'operator' = 'owner') =>
  gateway.call('POST', '/v1/runs', { as, body, headers: key === undefined ? {} : { 'idempotency-key': key } });
const countRuns = async () => (await gateway.admin.query('select count(*)::integer as n from sena.runs')).rows[0].n;

describe('POST /v1/runs', () => {
  it('stores the run, its first event, its audit row and its trace, then wakes the orchestrator', async () => {
    const jobs: JobData<'advanceRun'>[] = [];
    const queue = await openQueue({ kind: 'postgres', url: gateway.database.urls.queue });
    await queue.work('advanceRun', async (data) => void jobs.push(data));
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { status, json, headers } = await gateway.call('POST', '/v1/runs', {
      as: 'operator',
      body: command,
      headers: { traceparent },
    });
    expect({ status, json }).toMatchObject({ status: 202, json: { status: 'queued' } });
    expect(headers.get('location')).toBe(`/v1/runs/${json.id}`);
    const job = await eventually('the job', () => jobs.find(({ runId }) => runId === json.id));
    await queue.close();
    expect(job).toEqual({ organizationId: gateway.ours.id, runId: json.id, traceparent });

    const shown = await gateway.call('GET', `/v1/runs/${json.id}`);
    expect(shown.json).toMatchObject({
      kind: 'command',
      command: 'hostname',
      selector: 'role=web',
      requestedBy: { id: gateway.ours.members.operator.userId, name: 'operator of Northwind' },
      lastEventSeq: 1,
      findings: [],
    });
    const audit = await gateway.call('GET', `/v1/audit-events?runId=${json.id}`);
    expect(audit.json.items).toMatchObject([
      { action: 'run.created', actor: `member:${gateway.ours.members.operator.userId}`, subject: json.id },
    ]);
    await eventually('an empty outbox', async () => {
      const left = await gateway.admin.query('select 1 from sena.outbox where run_id = $1', [json.id]);
      return left.rowCount === 0;
    });
  });

  it('is accepted while the queue is away; its doorbell waits for the sweeper', async () => {
    await gateway.admin.query('alter schema bullmq rename to bullmq_away');
    try {
      const { status, json } = await postRun(command);
      expect(status).toBe(202);
      await eventually('a line that says so', () => gateway.log.some((line) => line.includes('the sweeper will')));
      const left = await gateway.admin.query('select job from sena.outbox where run_id = $1', [json.id]);
      expect(left.rows).toEqual([{ job: 'advanceRun' }]);
    } finally {
      await gateway.admin.query('alter schema bullmq_away rename to bullmq');
    }
  });

  it('checks a selector for every kind of run', async () => {
    for (const body of [
      { kind: 'ask', prompt: 'why?', selector: 'role=db' },
      { ...command, selector: 'role=db' },
    ]) {
      expect(await postRun(body)).toMatchObject({ status: 422, json: { code: 'no_nodes_match' } });
    }
    expect((await postRun({ kind: 'ask', prompt: 'why?' })).status).toBe(202);
  });
});

describe('an Idempotency-Key', () => {
  it('makes the same request one run, with the same answer', async () => {
    const before = await countRuns();
    const first = await postRun(command, 'once');
    // The same meaning in another spelling is the same request.
    const again = await postRun({ selector: ' role=web ', command: 'hostname', kind: 'command' }, 'once');
    expect(again).toMatchObject({ status: 202, json: first.json });
    expect(first.headers.get('idempotency-replayed')).toBeNull();
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await countRuns()).toBe(before + 1);
  });

  it('makes requests that arrive at once one run', async () => {
    const before = await countRuns();
    const answers = await Promise.all(Array.from({ length: 12 }, () => postRun(command, 'at-once')));
    expect(new Set(answers.map(({ status, json }) => `${status} ${json.code ?? json.id}`)).size).toBe(1);
    expect(await countRuns()).toBe(before + 1);
  });

  it('refuses another body', async () => {
    await postRun(command, 'reused');
    const before = await countRuns();
    const other = await postRun({ ...command, command: 'uptime' }, 'reused');
    expect(other).toMatchObject({ status: 422, json: { code: 'idempotency_key_reused' } });
    expect(await countRuns()).toBe(before);
  });

  it('is remembered past the start that was asked for, which a new request can’t have any more', async () => {
    const startAt = new Date(Date.now() + 1_500).toISOString();
    const first = await postRun({ ...command, startAt }, 'ahead');
    expect(first.status).toBe(202);
    expect((await gateway.call('GET', `/v1/runs/${first.json.id}`)).json).toMatchObject({ startAt, startedAt: null });
    const refused = await eventually('its time is over', async () => {
      const late = await postRun({ ...command, startAt });
      return late.status === 202 ? null : late;
    });
    expect(refused).toMatchObject({ status: 422, json: { code: 'validation_failed', fields: [{ path: 'startAt' }] } });
    expect(await postRun({ ...command, startAt }, 'ahead')).toMatchObject({ status: 202, json: first.json });
  });

  it('says why a question can’t be asked ahead', async () => {
    const startAt = new Date(Date.now() + 60_000).toISOString();
    const { status, json } = await postRun({ kind: 'ask', prompt: 'why?', startAt });
    expect(status).toBe(422);
    expect(JSON.stringify(json)).toContain('can’t be asked ahead of its time');
  });

  it('belongs to one member', async () => {
    const mine = await postRun(command, 'shared');
    const theirs = await postRun({ ...command, command: 'uptime' }, 'shared', 'operator');
    expect(theirs.status).toBe(202);
    expect(theirs.json.id).not.toBe(mine.json.id);
  });

  it('is free again after a request that was refused', async () => {
    expect((await postRun({ ...command, selector: 'role=none' }, 'refused')).status).toBe(422);
    expect((await postRun(command, 'refused')).status).toBe(202);
  });
});

describe('POST /v1/runs/{id}/cancel', () => {
  it('notes the wish once and wakes the run each time', async () => {
    const { json } = await postRun(command);
    for (let i = 0; i < 2; i++) {
      const cancelled = await gateway.call('POST', `/v1/runs/${json.id}/cancel`, { as: 'operator' });
      expect(cancelled).toMatchObject({ status: 202, json: { id: json.id, status: 'queued' } });
    }
    const { rows } = await gateway.admin.query(
      'select cancel_requested_at is not null as wanted, wake_count from sena.runs where id = $1',
      [json.id],
    );
    expect(rows).toEqual([{ wanted: true, wake_count: 3 }]);
    const audit = await gateway.call('GET', `/v1/audit-events?runId=${json.id}`);
    expect(audit.json.items.map((event: { action: string }) => event.action)).toEqual([
      'run.cancel_requested',
      'run.created',
    ]);
  });

  it('may add the wish to stop what runs, and the audit says so', async () => {
    const { json } = await postRun(command);
    const path = `/v1/runs/${json.id}/cancel`;
    for (const body of [{}, { stopRunning: true }, { stopRunning: false }]) {
      expect((await gateway.call('POST', path, { body })).status).toBe(202);
    }
    const { rows } = await gateway.admin.query('select stop_requested from sena.runs where id = $1', [json.id]);
    expect(rows).toEqual([{ stop_requested: true }]);
    const run = await gateway.call('GET', `/v1/runs/${json.id}`);
    expect(run.json).toMatchObject({ status: 'queued', cancel: { stopRunning: true } });
    expect(Date.parse(run.json.cancel.requestedAt)).not.toBeNaN();
    const audit = await gateway.call('GET', `/v1/audit-events?runId=${json.id}`);
    const wishes = audit.json.items.filter((event: { action: string }) => event.action === 'run.cancel_requested');
    expect(wishes.map((event: { data: unknown }) => event.data)).toMatchObject([
      { stopRunning: true, apiKey: { name: 'seeded' } },
      { stopRunning: false, apiKey: { name: 'seeded' } },
    ]);
  });

  it('is refused when the run has ended', async () => {
    const { json } = await postRun(command);
    await gateway.admin.query(`update sena.runs set status = 'succeeded' where id = $1`, [json.id]);
    const cancelled = await gateway.call('POST', `/v1/runs/${json.id}/cancel`);
    expect(cancelled).toMatchObject({ status: 409, json: { code: 'run_finished' } });
  });
});

describe('lists', () => {
  it('go through every run once, newest first, page by page', async () => {
    for (let i = 0; i < 5; i++) await postRun({ kind: 'ask', prompt: `question ${i}` });
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await gateway.call('GET', `/v1/runs?limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.json.items.map((run: { id: string }) => run.id));
      cursor = page.json.nextCursor;
    }
    const all = await gateway.admin.query('select id from sena.runs where organization_id = $1 order by id desc', [
      gateway.ours.id,
    ]);
    expect(seen).toEqual(all.rows.map((row) => row.id));
  });

  it('show nothing of another organization, whatever is asked', async () => {
    const as = gateway.theirs.members.owner;
    for (const path of [
      '/v1/runs',
      '/v1/nodes',
      '/v1/nodes?selector=*',
      '/v1/sites',
      '/v1/satellites',
      '/v1/approvals',
    ]) {
      expect(await gateway.call('GET', path, { as })).toMatchObject({ status: 200, json: { items: [] } });
    }
    const { rows } = await gateway.admin.query('select id from sena.sites where organization_id = $1', [
      gateway.ours.id,
    ]);
    expect((await gateway.call('GET', `/v1/nodes?siteId=${rows[0].id}`, { as })).json.items).toEqual([]);
    const audit = await gateway.call('GET', '/v1/audit-events?limit=500', { as });
    expect(JSON.stringify(audit.json)).not.toContain(gateway.ours.members.owner.userId);
    const evaluated = await gateway.call('POST', '/v1/policy/evaluations', {
      as,
      body: { command: 'ls', selector: '*' },
    });
    expect(evaluated.json.nodeCount).toBe(0);
  });

  it('of runs by status', async () => {
    const { json } = await gateway.call('GET', '/v1/runs?status=failed');
    expect(json.items).toEqual([]);
    expect((await gateway.call('GET', `/v1/runs/${newId('run')}/executions`)).status).toBe(404);
  });
});
