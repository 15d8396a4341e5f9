import { type RunStatus, runStatusSchema } from '@sena/contracts/domain/run';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listRunEvents } from '../events/list-run-events.ts';
import { type Bench, openBench } from '../fixtures/open-bench.ts';
import { requestCancel } from './request-cancel.ts';
import { transitionRun } from './transition-run.ts';

let bench: Bench;
let fleet: SeededFleet;
beforeAll(async () => {
  bench = await openBench();
  fleet = await bench.seedFleet();
});
afterAll(() => bench.close());

const statuses = runStatusSchema.options;
const allowed: Record<RunStatus, readonly RunStatus[]> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['awaiting_approval', 'scheduled', 'succeeded', 'failed', 'cancelled'],
  awaiting_approval: ['running', 'scheduled', 'failed', 'cancelled'],
  scheduled: ['running', 'failed', 'cancelled'],
  succeeded: [],
  failed: [],
  cancelled: [],
};
const actor = 'service:test';
const move = (runId: string, to: RunStatus, reason?: string) =>
  bench.inFleet(fleet, (transaction) =>
    transitionRun(transaction, { runId, to, actor, ...(reason === undefined ? {} : { reason }) }),
  );
const read = async (runId: string) => (await bench.admin.query('select * from runs where id = $1', [runId])).rows[0];

async function createRunIn(status: RunStatus): Promise<string> {
  const runId = await bench.createRun(fleet);
  await bench.admin.query('update runs set status = $2 where id = $1', [runId, status]);
  return runId;
}

describe.each(statuses)('from %s', (from) => {
  test.each(statuses)('to %s', async (to) => {
    const runId = await createRunIn(from);
    const before = await read(runId);
    const moving = move(runId, to);
    if (to === from || allowed[from].includes(to)) await moving;
    else await expect(moving).rejects.toMatchObject({ code: 'conflict' });
    const after = await read(runId);
    const hasMoved = allowed[from].includes(to);
    expect(after.status).toBe(hasMoved ? to : from);
    expect(after.version).toBe(before.version + (hasMoved ? 1 : 0));
    expect(after.last_event_seq).toBe(before.last_event_seq + (hasMoved ? 1 : 0));
    expect(after.finished_at !== null).toBe(hasMoved && allowed[to].length === 0);
  });
});

test('each change is an event and an audit row, with its reason', async () => {
  const runId = await bench.createRun(fleet);
  await move(runId, 'running');
  await move(runId, 'failed', 'No node matches.');
  const events = await bench.inFleet(fleet, (transaction) => listRunEvents(transaction, runId, 0));
  expect(events.map((event) => [event.seq, event.data.type])).toEqual([
    [1, 'run.created'],
    [2, 'run.status'],
    [3, 'run.status'],
  ]);
  expect(events[2]?.data).toEqual({ type: 'run.status', status: 'failed', reason: 'No node matches.' });
  const audit = await bench.admin.query('select action, actor from audit_events where run_id = $1 order by id', [
    runId,
  ]);
  expect(audit.rows).toEqual([
    { action: 'run.created', actor: 'member:user_asker' },
    { action: 'run.running', actor },
    { action: 'run.failed', actor },
  ]);
  expect(await read(runId)).toMatchObject({ reason: 'No node matches.', started_at: expect.any(Date) });
});

test('of two who move a run at once, one does', async () => {
  const runId = await createRunIn('running');
  const moved = await Promise.allSettled([move(runId, 'succeeded'), move(runId, 'failed'), move(runId, 'cancelled')]);
  expect(moved.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  expect((await read(runId)).version).toBe(2);
});

test('a run of another organization is not there', async () => {
  const other = await bench.seedFleet();
  const runId = await bench.createRun(other);
  await expect(move(runId, 'running')).rejects.toMatchObject({ code: 'not_found' });
  expect((await read(runId)).status).toBe('queued');
});

describe('a wish to cancel', () => {
  const cancel = (runId: string) =>
    bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:user_asker', key: null }));

  test('is noted once and wakes the run', async () => {
    const runId = await bench.createRun(fleet);
    await cancel(runId);
    const { cancel_requested_at: first } = await read(runId);
    await cancel(runId);
    expect(await read(runId)).toMatchObject({ cancel_requested_at: first, status: 'queued', wake_count: 3 });
    const audit = await bench.admin.query(
      `select count(*)::integer as n from audit_events where run_id = $1 and action = 'run.cancel_requested'`,
      [runId],
    );
    expect(audit.rows[0].n).toBe(1);
  });

  test('of a run that has ended is refused', async () => {
    const runId = await createRunIn('succeeded');
    await expect(cancel(runId)).rejects.toMatchObject({ code: 'run_finished' });
    expect((await read(runId)).cancel_requested_at).toBeNull();
  });
});
