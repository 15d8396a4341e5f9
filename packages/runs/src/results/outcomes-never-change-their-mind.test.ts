import { merkleRoot } from '@sena/audit/merkle-root';
import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listRunEvents } from '../events/list-run-events.ts';
import { listExecutions, readExecution } from '../execution/list-executions.ts';
import { type Bench, exited, notStarted, openBench, unknown } from '../fixtures/open-bench.ts';
import { readRun } from '../run/read-run.ts';
import { readResultLeaves } from './read-result-leaves.ts';
import { type ResultRow, recordResults } from './record-results.ts';

let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let dispatchId: string;
let executions: string[];
let own: string;
let foreign: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 4, satellites: 2 });
  [own, foreign] = fleet.satellites.map((satellite) => satellite.id) as [string, string];
  runId = await bench.createRun(fleet);
  dispatchId = await bench.writeDispatch(fleet, runId);
  executions = await bench.executionsOf(dispatchId);
  await bench.markSent(dispatchId);
});

const record = (...rows: ResultRow[]) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    recordResults(transaction, rows, `satellite:${own}`),
  );
const execution = (index: number) => executions[index] as string;
const exitedWith = (index: number, exitCode: number, change: Partial<ResultRow> = {}) =>
  exited(own, execution(index), { outcome: { kind: 'exited', exitCode, signal: null, reason: null }, ...change });
const countsOf = async () =>
  (await bench.inFleet(fleet, (transaction) => readRun(transaction, runId)))?.counts as Record<string, number>;
const pending = async () =>
  (await bench.admin.query('select pending from dispatches where id = $1', [dispatchId])).rows[0].pending;
const outcomesOf = async (index: number) =>
  (
    await bench.admin.query(
      'select revision, kind, exit_code::double precision from outcomes where execution_id = $1 order by revision',
      [execution(index)],
    )
  ).rows;

test('the run counts what became of each execution, in its row and in the event of the batch', async () => {
  await record(
    exitedWith(0, 0),
    exitedWith(1, 3),
    exited(own, execution(2), { outcome: notStarted }),
    exited(own, execution(3), { outcome: unknown }),
  );
  const counts = { total: 4, exitedZero: 1, exitedNonZero: 1, notStarted: 1, unknown: 1, pending: 0 };
  expect(await countsOf()).toEqual(counts);
  expect(await pending()).toBe(0);
  const events = await bench.inFleet(fleet, (transaction) => listRunEvents(transaction, runId, 2));
  expect(events.map((event) => event.data)).toEqual([{ type: 'executions.finished', count: 4, counts }]);
});

test('a signal and a proven timeout are ends, not zeroes', async () => {
  const killed = { kind: 'exited', exitCode: null, signal: 'KILL', reason: 'timeout' } as const;
  await record(exited(own, execution(0), { outcome: killed }));
  expect(await countsOf()).toMatchObject({ exitedZero: 0, exitedNonZero: 1, pending: 3 });
});

test('an exit status of 32 bits without a sign is stored and read as it was', async () => {
  await record(exitedWith(0, 4_294_967_295));
  expect(await outcomesOf(0)).toEqual([{ revision: 1, kind: 'exited', exit_code: 4_294_967_295 }]);
  const { items } = await bench.inFleet(fleet, (transaction) => listExecutions(transaction, runId, { limit: 10 }));
  expect(items[0]?.exitCode).toBe(4_294_967_295);
});

test('of what nobody saw end, nobody says that the output is whole', async () => {
  await record(exited(own, execution(0), { outcome: unknown }), exitedWith(1, 0));
  const { items } = await bench.inFleet(fleet, (transaction) => listExecutions(transaction, runId, { limit: 10 }));
  expect(items.map((item) => item.stdoutTruncated).slice(0, 2)).toEqual([true, false]);
});

test('told twice it is counted once, within a batch and between batches', async () => {
  await record(exitedWith(0, 0), exitedWith(0, 0));
  expect(await record(exitedWith(0, 0))).toEqual([]);
  expect(await countsOf()).toMatchObject({ exitedZero: 1, pending: 3 });
  expect(await pending()).toBe(3);
});

describe('an end', () => {
  test.each([
    ['another code under a higher revision', () => exitedWith(0, 7, { revision: 2 })],
    ['unknown under a higher revision', () => exited(own, execution(0), { revision: 9, outcome: unknown })],
    ['not started under a higher revision', () => exited(own, execution(0), { revision: 9, outcome: notStarted })],
  ])('stays, whatever is said later: %s', async (_what, later) => {
    await record(exitedWith(0, 0));
    expect(await record(later())).toEqual([]);
    expect(await outcomesOf(0)).toEqual([{ revision: 1, kind: 'exited', exit_code: 0 }]);
    expect(await countsOf()).toMatchObject({ exitedZero: 1, exitedNonZero: 0, unknown: 0, notStarted: 0 });
  });

  test('never started stays too', async () => {
    await record(exited(own, execution(0), { outcome: notStarted }));
    expect(await record(exitedWith(0, 0, { revision: 2 }))).toEqual([]);
    expect(await countsOf()).toMatchObject({ notStarted: 1, exitedZero: 0 });
  });
});

describe('unknown', () => {
  beforeEach(() => record(exited(own, execution(0), { outcome: unknown })));

  test('becomes an end by a higher revision, which counts instead', async () => {
    await record(exitedWith(0, 0, { revision: 2 }));
    expect(await countsOf()).toMatchObject({ exitedZero: 1, unknown: 0, pending: 3 });
    expect(await pending()).toBe(3);
    expect(await outcomesOf(0)).toHaveLength(2);
  });

  test('is told with what to do; and the end that is found later with its evidence and what was told before', async () => {
    const read = async () =>
      (await bench.inFleet(fleet, (transaction) => listExecutions(transaction, runId, { limit: 10 }))).items.find(
        (item) => item.id === execution(0),
      );
    const before = await read();
    expect(before).toMatchObject({
      ...{ outcome: 'unknown', reason: unknown.reason, earlier: null },
      ...{ advice: expect.stringMatching(/Look at the node/), told: { by: `satellite:${own}` } },
    });
    await record(exitedWith(0, 0, { revision: 2 }));
    const after = await read();
    expect(after).toMatchObject({ outcome: 'exited', exitCode: 0, advice: null });
    expect(after?.earlier).toEqual({
      ...{ outcome: 'unknown', reason: unknown.reason, detail: before?.detail, told: before?.told },
    });
    expect(after?.told?.auditEventId).not.toBe(before?.told?.auditEventId);
  });

  test.each([0, 1])('does not give way to revision %i', async (revision) => {
    expect(await record(exitedWith(0, 0, { revision }))).toEqual([]);
    expect(await countsOf()).toMatchObject({ exitedZero: 0, unknown: 1 });
  });

  test('may become never started, or unknown for a better reason, and is counted once', async () => {
    await record(exited(own, execution(0), { revision: 2, outcome: unknown }));
    expect(await countsOf()).toMatchObject({ unknown: 1, pending: 3 });
    await record(exited(own, execution(0), { revision: 3, outcome: notStarted }));
    expect(await countsOf()).toMatchObject({ unknown: 0, notStarted: 1, pending: 3 });
  });
});

describe('who may speak', () => {
  test('a satellite that was not sent the dispatch is not heard, and can not outbid the one that was', async () => {
    expect(await record(exited(foreign, execution(0)))).toEqual([]);
    await record(exited(foreign, execution(0), { revision: 32_767, outcome: notStarted }), exitedWith(0, 5));
    expect(await outcomesOf(0)).toEqual([{ revision: 1, kind: 'exited', exit_code: 5 }]);
  });

  test('the cloud never says that something ended, nor that what was sent was not started', async () => {
    expect(await record(exited(null, execution(0), { revision: 0 }))).toEqual([]);
    expect(await record(exited(null, execution(0), { revision: 0, outcome: notStarted }))).toEqual([]);
    expect(await countsOf()).toMatchObject({ pending: 4 });
  });

  test('the cloud says unknown, which the satellite may know better', async () => {
    await record(exited(null, execution(0), { revision: 0, outcome: unknown }));
    await record(exitedWith(0, 0));
    expect(await countsOf()).toMatchObject({ exitedZero: 1, unknown: 0 });
  });

  test('executions of another organization are not there', async () => {
    const other = await bench.seedFleet();
    const otherRun = await bench.createRun(other);
    const otherDispatch = await bench.writeDispatch(other, otherRun);
    await bench.markSent(otherDispatch);
    const [stranger] = await bench.executionsOf(otherDispatch);
    expect(await record(exited(other.satellites[0]?.id as string, stranger as string))).toEqual([]);
  });
});

test('who told an outcome is named, also where one batch holds the words of several, and the cloud’s', async () => {
  const secondRun = await bench.createRun(fleet);
  const second = await bench.writeDispatch(fleet, secondRun, { satelliteId: foreign });
  await bench.markSent(second);
  const [others] = (await bench.executionsOf(second)) as [string];
  const cloud = exited(null, execution(1), { revision: 0, outcome: unknown });
  await inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    recordResults(transaction, [exitedWith(0, 0), exited(foreign, others), cloud], 'service:relay'),
  );
  const read = (id: string) => bench.inFleet(fleet, (transaction) => readExecution(transaction, id));
  expect((await read(execution(0)))?.told?.by).toBe(`satellite:${own}`);
  expect((await read(others))?.told?.by).toBe(`satellite:${foreign}`);
  expect((await read(execution(1)))?.told?.by).toBe('service:relay');
  await record(exitedWith(1, 0));
  expect(await read(execution(1))).toMatchObject({
    told: { by: `satellite:${own}` },
    earlier: { told: { by: 'service:relay' } },
  });
});

describe('the audit', () => {
  const eventsOf = async () =>
    (
      await bench.admin.query<{
        id: string;
        actor: string;
        subject: string;
        data: { root: string; runs: string[]; count: number };
      }>(
        `select id, actor, subject, data from audit_events where organization_id = $1 and action = 'results.recorded' order by id`,
        [fleet.organizationId],
      )
    ).rows;
  const rootNow = (event: { id: string; data: { runs: string[] } }) =>
    bench.inFleet(fleet, async (transaction) =>
      merkleRoot(await readResultLeaves(transaction, event.id, event.data.runs)),
    );

  test('has one row a batch, over exactly what was stored, and whoever reads the outcomes finds its root again', async () => {
    const secondRun = await bench.createRun(fleet);
    const second = await bench.writeDispatch(fleet, secondRun);
    await bench.markSent(second);
    const [strange] = await bench.executionsOf(second);
    await record(exitedWith(0, 0));
    await record(exitedWith(0, 0), exitedWith(1, 1), exited(own, strange as string), exited(foreign, execution(2)));
    expect(await record(exitedWith(0, 0))).toEqual([]);
    const events = await eventsOf();
    expect(events.map((event) => event.data.count)).toEqual([1, 2]);
    expect(events.map((event) => event.subject)).toEqual([runId, events[1]?.id]);
    expect(events[1]?.data.runs.toSorted()).toEqual([runId, secondRun].toSorted());
    for (const event of events) expect(await rootNow(event)).toBe(event.data.root);
  });

  test.each([
    ['an end', 'exit_code = 0'],
    ['a teller', `reporter = 'another'`],
    ['what was masked', `redaction = '{"stdout": null, "stderr": null}'`],
  ])('an outcome that was altered in the database no longer has its root: %s', async (_what, change) => {
    await record(exitedWith(0, 1), exitedWith(1, 0));
    const [event] = await eventsOf();
    await bench.admin.query('alter table outcomes disable trigger outcomes_append_only');
    await bench.admin.query(`update outcomes set ${change} where execution_id = $1`, [execution(0)]);
    await bench.admin.query('alter table outcomes enable trigger outcomes_append_only');
    expect(await rootNow(event as NonNullable<typeof event>)).not.toBe(event?.data.root);
  });
});
