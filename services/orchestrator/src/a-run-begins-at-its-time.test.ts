import { inOrganization } from '@sena/db/tenant';
import { ringOutbox } from '@sena/runs/outbox/ring-outbox';
import { requestCancel } from '@sena/runs/run/request-cancel';
import { eventually } from '@sena/testing/eventually';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRunBench, type RunBench } from './fixtures/open-run-bench.ts';

let bench: RunBench;
let admin: pg.Client;
beforeAll(async () => {
  bench = await openRunBench();
  admin = await bench.openAdmin();
});
afterAll(() => bench?.close());

const change = 'mkdir /tmp/x';
const inMs = (ms: number) => new Date(Date.now() + ms);
const ask = (command: string, startAt: Date, by = 'Grace') =>
  bench.ask({ kind: 'command', command, selector: 'name=web-01', startAt, requestedBy: bench.member(by) });
/** It waits for its time, and no worker holds it. */
const waits = (runId: string) =>
  eventually('the run is scheduled and nobody holds it', async () => {
    const { rows } = await admin.query('select status, lease_owner from runs where id = $1', [runId]);
    return rows[0]?.status === 'scheduled' && rows[0]?.lease_owner === null;
  });
const approveAhead = async (startAt: Date) => {
  const runId = await ask(change, startAt);
  const approvalId = await bench.awaitsApproval(runId);
  await bench.decide(approvalId, 'approve');
  await waits(runId);
  return { runId, approvalId };
};
const askByKey = async (credentialId: string, startAt: Date) => {
  await admin.query(
    `insert into identity."apikey" (id, "configId", "referenceId", key, enabled, "createdAt", "updatedAt", metadata)
     values ($1, 'default', 'user_Grace', $1, true, now(), now(), jsonb_build_object('organizationId', $2::text)::text)`,
    [credentialId, bench.organizationId],
  );
  const requestedBy = {
    ...bench.member('Grace'),
    by: 'api_key',
    credentialId,
    key: { id: credentialId, name: 'nightly' },
  } as const;
  const runId = await bench.ask({ kind: 'command', command: 'uptime', selector: 'name=web-01', startAt, requestedBy });
  await waits(runId);
  return runId;
};
const endsWithoutAStart = async (runId: string) => {
  const run = await bench.finished(runId);
  expect(run).toMatchObject({ status: 'cancelled', counts: { total: 0 }, startedAt: null });
  return run.reason;
};

describe('a run that waits for its time', () => {
  it('asks for its approval at once, over the window that begins then', async () => {
    const startAt = inMs(3_600_000);
    const runId = await ask(change, startAt);
    const approvalId = await bench.awaitsApproval(runId);
    const { rows } = await admin.query(
      `select action ->> 'notBefore' as "notBefore", action ->> 'expiresAt' as "expiresAt", expires_at from approvals where id = $1`,
      [approvalId],
    );
    const ends = new Date(startAt.getTime() + 3_600_000);
    expect(rows).toEqual([{ notBefore: startAt.toISOString(), expiresAt: ends.toISOString(), expires_at: ends }]);
    expect(await bench.read(runId)).toMatchObject({ startAt: startAt.toISOString(), startedAt: null });

    await admin.query('update approvals set expires_at = now() where id = $1', [approvalId]);
    expect(await endsWithoutAStart(runId)).toMatch(/^Its window ended before it was approved/);
  });

  it('ends at once when it is cancelled, and nothing was started', async () => {
    const { runId } = await approveAhead(inMs(3_600_000));
    const { outboxId } = await inOrganization(bench.pool, bench.organizationId, (transaction) =>
      requestCancel(transaction, runId, { ref: 'member:x', key: null }),
    );
    await ringOutbox(bench.pool, bench.queue.add, bench.organizationId, outboxId);
    expect(await endsWithoutAStart(runId)).toBe('Nothing had begun on any node.');
  });

  it('does not begin earlier than was asked and approved, whatever its row says its time is', async () => {
    const startAt = inMs(3_600_000);
    const { runId } = await approveAhead(startAt);
    const reading = await ask('uptime', startAt);
    await waits(reading);
    await admin.query('update runs set start_at = now() where id = any($1)', [[runId, reading]]);
    for (const id of [runId, reading]) {
      const run = await bench.finished(id);
      expect(run).toMatchObject({ status: 'cancelled', counts: { total: 0 } });
      expect(run.reason).toMatch(/^It was asked for at .* its run was given another time\. Nothing was run/);
    }
  });

  it('does not begin as anything else than was approved, for who has left, nor once policy forbids it', async () => {
    const startAt = inMs(7_000);
    const altered = await approveAhead(startAt);
    await admin.query(
      `update approvals set action = jsonb_set(action, '{commands,0,command}', '"mkdir /tmp/y"') where id = $1`,
      [altered.approvalId],
    );
    const forbidden = await approveAhead(startAt);
    const reading = await ask('uptime', startAt);
    await waits(reading);
    const orphan = await ask('uptime', startAt, 'Linus');
    await waits(orphan);
    const byRevoked = await askByKey('key_revoked', startAt);
    const byExpired = await askByKey('key_expired', startAt);
    const byGood = await askByKey('key_good', startAt);
    await admin.query(`delete from identity."apikey" where id = 'key_revoked'`);
    await admin.query(`update identity."apikey" set "expiresAt" = now() where id = 'key_expired'`);
    await admin.query(`set session_replication_role = replica`);
    await admin.query(`delete from identity."member" where "userId" = 'user_Linus'`);
    await admin.query(`set session_replication_role = origin`);
    await bench.addPolicy(
      'freeze',
      'forbid (principal, action, resource) when { resource.hasTag("role") && resource.getTag("role") == "web" };',
    );
    const ends = (runId: string) => bench.finished(runId);
    const ended = [orphan, byRevoked, byExpired, byGood, altered.runId, forbidden.runId, reading].map(ends);
    const reasons = (await Promise.all(ended)).map(({ reason }) => reason);
    await admin.query('delete from policies');
    const mayNot = expect.stringMatching(/^Who asked for this, or the API key .* may not run anything here any more/);
    expect(reasons).toEqual([
      mayNot,
      mayNot,
      mayNot,
      expect.stringMatching(/^Policy has changed since this was asked for: `uptime` .*rule freeze/),
      'The approval is void: what it was over has changed. Nothing was run. Ask again.',
      expect.stringMatching(/^Policy has changed since this was asked for: `mkdir \/tmp\/x` .*rule freeze/),
      expect.stringMatching(/^Policy has changed since this was asked for: `uptime` .*rule freeze/),
    ]);
    expect((await bench.executionsOf(altered.runId)).concat(await bench.executionsOf(forbidden.runId))).toEqual([]);
  });

  it('begins then, once and not before, also when the orchestrator that asked for its approval is gone', async () => {
    const startAt = inMs(5_000);
    const { runId } = await approveAhead(startAt);
    const reading = await ask('uptime', startAt);
    await waits(reading);
    await bench.stopOrchestrator();
    expect(await bench.executionsOf(runId)).toEqual([]);
    const another = await bench.startAnother();
    try {
      for (const id of [runId, reading]) {
        const [execution] = await bench.dispatched(id, 1);
        await bench.speak([{ executionId: execution?.id ?? '', exitCode: 0, stdout: '' }]);
        const run = await bench.finished(id);
        expect(run).toMatchObject({ status: 'succeeded', counts: { total: 1, exitedZero: 1 } });
        expect(Date.parse(run.startedAt ?? '')).toBeGreaterThanOrEqual(startAt.getTime());
        const { rows } = await admin.query(
          'select created_at >= $2 and not_before >= $2 as is_in_time from dispatches where run_id = $1',
          [id, startAt],
        );
        expect(rows).toEqual([{ is_in_time: true }]);
      }
    } finally {
      await another.stop();
    }
  });
});
