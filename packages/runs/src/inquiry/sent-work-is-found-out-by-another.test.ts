import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { listDispatchesToExpire } from '../dispatch/expire-dispatch.ts';
import { type Bench, exited, notStarted, openBench, unknown } from '../fixtures/open-bench.ts';
import { readOutput } from '../output/read-output.ts';
import { recordOutput } from '../output/record-output.ts';
import { type ResultRow, recordResults } from '../results/record-results.ts';
import { requestCancel } from '../run/request-cancel.ts';
import { claimInquiries, settleInquiries } from './claim-inquiries.ts';
import { listDispatchesToAskAbout, openInquiry } from './open-inquiry.ts';

const goneMs = 30_000;
let bench: Bench;
let fleet: SeededFleet;
let runId: string;
let dispatchId: string;
let executions: string[];
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 3, satellites: 3 });
  runId = await bench.createRun(fleet);
  dispatchId = await bench.writeDispatch(fleet, runId, { readOnly: false });
  await bench.signAndHold(fleet);
  await bench.markSent(dispatchId);
  executions = await bench.executionsOf(dispatchId);
});

const satelliteId = (index: number) => fleet.satellites[index]?.id as string;
const gone = (index: number, forMs = goneMs + 5_000) =>
  bench.admin.query(
    `update satellites set relay_id = null, connected_at = null, last_seen_at = now() - $2 * interval '1 millisecond' where id = $1`,
    [satelliteId(index), forMs],
  );
const back = (index: number) =>
  bench.admin.query(`update satellites set relay_id = 'relay-1', last_seen_at = now() where id = $1`, [
    satelliteId(index),
  ]);
const toAskAbout = async () =>
  (await listDispatchesToAskAbout(bench.app, goneMs, 1_000))
    .filter((row) => row.organizationId === fleet.organizationId)
    .map((row) => row.dispatchId);
const open = () =>
  bench.inFleet(fleet, (transaction) =>
    openInquiry(transaction, dispatchId, { goneMs, validityMs: 600_000, actor: 'service:test' }),
  );
/** To whom it was opened; the fleet's third satellite is left out, so that it can be nobody else. */
async function askTheSecond() {
  await gone(0);
  await gone(2);
  const opened = await open();
  expect(opened?.satelliteId).toBe(satelliteId(1));
  await bench.admin.query(
    `update inquiries set key_id = 'key', jws = 'jws of ' || id, signed_at = now() where id = $1`,
    [opened?.inquiryId],
  );
  return opened?.inquiryId as string;
}
const claim = (index = 1, connectionEpoch = 1, resendMs = 60_000) =>
  claimInquiries(bench.relay, 'relay-1', [{ satelliteId: satelliteId(index), connectionEpoch }], {
    resendMs,
    inquiriesMax: 64,
  });
const settle = (index: number, inquiryId: string, accepted = true) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    settleInquiries(transaction, [{ satelliteId: satelliteId(index), inquiryId, accepted }]),
  );
const record = (...rows: ResultRow[]) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) => recordResults(transaction, rows, 'service:test'));
const outcomesOf = async (executionId: string | undefined) =>
  (
    await bench.admin.query<{ revision: number; kind: string }>(
      'select revision, kind from outcomes where execution_id = $1 order by revision',
      [executionId],
    )
  ).rows;
const pending = async () =>
  (await bench.admin.query('select pending from dispatches where id = $1', [dispatchId])).rows[0].pending;

describe('another satellite is asked', () => {
  test('when the one that was sent a change is gone for long enough, and everybody is told', async () => {
    await gone(0, goneMs - 5_000);
    expect(await toAskAbout()).toEqual([]);
    expect(await open()).toBeNull();
    await gone(0);
    expect(await toAskAbout()).toEqual([dispatchId]);
    const opened = await open();
    expect(opened).toMatchObject({ runId, outboxId: expect.any(String) });
    expect([satelliteId(1), satelliteId(2)]).toContain(opened?.satelliteId);
    const told = await bench.admin.query(
      `select (select data ->> 'text' from run_events where run_id = $1 order by seq desc limit 1) as note,
         (select data from audit_events where subject = $2 and action = 'inquiry.opened') as audit`,
      [runId, opened?.inquiryId],
    );
    expect(told.rows[0].note).toMatch(
      /^Satellite sat-1 is gone: sat-[23] finds out what became of 3 commands on their nodes\.$/,
    );
    expect(told.rows[0].audit).toMatchObject({ dispatchId, from: satelliteId(0), satelliteId: opened?.satelliteId });
    // The dispatch is as it was: nothing has moved.
    const dispatch = await bench.admin.query(
      'select satellite_id, assignment_epoch, pending from dispatches where id = $1',
      [dispatchId],
    );
    expect(dispatch.rows).toEqual([{ satellite_id: satelliteId(0), assignment_epoch: 1, pending: 3 }]);
  });

  test.each([
    ['was never sent', 'update dispatches set sent_at = null, sent_epoch = null where id = $1'],
    ['only reads', 'update dispatches set read_only = true where id = $1'],
    ['is over', 'update dispatches set pending = 0 where id = $1'],
  ])('never about what %s', async (_what, sql) => {
    await gone(0);
    await bench.admin.query(sql, [dispatchId]);
    expect(await toAskAbout()).toEqual([]);
    expect(await open()).toBeNull();
  });

  test('also about what a revoked one was sent, and what is being cancelled', async () => {
    await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    await bench.admin.query(`update satellites set revoked_at = now() - interval '1 minute' where id = $1`, [
      satelliteId(0),
    ]);
    expect(await toAskAbout()).toEqual([dispatchId]);
    expect(await open()).not.toBeNull();
  });

  test('never when it is there itself, nor when nobody else is', async () => {
    expect(await toAskAbout()).toEqual([]);
    for (const index of [0, 1, 2]) await gone(index);
    expect(await toAskAbout()).toEqual([]);
    expect(await open()).toBeNull();
  });

  test('once, also by many orchestrators at a time; another one when the finder is gone too, and the first is not asked twice', async () => {
    await gone(0);
    const opened = (await Promise.all([open(), open(), open()])).filter((each) => each !== null);
    expect(opened).toHaveLength(1);
    expect(await toAskAbout()).toEqual([]);
    const first = fleet.satellites.findIndex((satellite) => satellite.id === opened[0]?.satelliteId);
    await gone(first);
    expect(await toAskAbout()).toEqual([dispatchId]);
    const second = await open();
    expect(second?.satelliteId).toBe(satelliteId(3 - first));
    await gone(3 - first);
    await back(first);
    expect(await open()).toBeNull();
  });
});

describe('an inquiry', () => {
  test('goes to its satellite alone, over the connection that holds it, and again until it is journaled', async () => {
    const inquiryId = await askTheSecond();
    expect(await claim(2)).toEqual([]);
    expect(await claim(1, 2)).toEqual([]);
    expect(await claim()).toMatchObject([
      { inquiryId, satelliteId: satelliteId(1), runId, envelope: `jws of ${inquiryId}` },
    ]);
    expect(await claim()).toEqual([]);
    expect(await claim(1, 1, 0)).toHaveLength(1);
    await bench.admin.query('update satellites set connection_epoch = 2 where id = $1', [satelliteId(1)]);
    expect(await claim(1, 1, 0)).toEqual([]);
    expect(await claim(1, 2)).toHaveLength(1);
    await settle(2, inquiryId);
    expect(await claim(1, 2, 0)).toHaveLength(1);
    await settle(1, inquiryId);
    expect(await claim(1, 2, 0)).toEqual([]);
  });

  test('goes out though its run is being cancelled, and not when it is too old, refused or answered', async () => {
    const inquiryId = await askTheSecond();
    await bench.inFleet(fleet, (transaction) => requestCancel(transaction, runId, { ref: 'member:m', key: null }));
    expect(await claim()).toHaveLength(1);
    await bench.admin.query(`update inquiries set expires_at = now() where id = $1`, [inquiryId]);
    expect(await claim(1, 1, 0)).toEqual([]);
    await bench.admin.query(`update inquiries set expires_at = now() + interval '1 minute' where id = $1`, [inquiryId]);
    await settle(1, inquiryId, false);
    expect(await claim(1, 1, 0)).toEqual([]);
  });

  test('keeps its dispatch from expiring while its satellite is there, up to a bound', async () => {
    const expired = async (graceMs: number, askedMs: number) =>
      (await listDispatchesToExpire(bench.app, { graceMs, askedMs }, 1_000)).some(
        (row) => row.dispatchId === dispatchId,
      );
    await bench.admin.query(`update dispatches set expires_at = now() - interval '3 minutes' where id = $1`, [
      dispatchId,
    ]);
    expect(await expired(30_000, 900_000)).toBe(true);
    await askTheSecond();
    expect(await expired(30_000, 900_000)).toBe(false);
    expect(await expired(30_000, 10_000)).toBe(true);
    await gone(1);
    expect(await expired(30_000, 900_000)).toBe(true);
  });
});

describe('of an execution', () => {
  let one: string;
  beforeEach(async () => {
    one = executions[0] as string;
    await askTheSecond();
    await claim();
  });
  const own = (change: Partial<ResultRow> = {}) => exited(satelliteId(0), one, change);
  const finder = (change: Partial<ResultRow> = {}) => exited(satelliteId(1), one, change);

  test('the one that was asked may speak; a third satellite of the organization is not heard, whatever it says', async () => {
    expect(await record(exited(satelliteId(2), one))).toEqual([]);
    expect(await record(exited(satelliteId(2), one, { revision: 9, outcome: unknown }))).toEqual([]);
    const piece = { executionId: one, attempt: 1, stream: 'stdout', offset: 0, data: Buffer.from('forged') } as const;
    const said = (index: number, data = piece.data) =>
      inOrganization(bench.relay, fleet.organizationId, (transaction) =>
        recordOutput(transaction, [{ ...piece, data, satelliteId: satelliteId(index) }]),
      );
    expect(await said(2)).toEqual([]);
    expect(await said(1, Buffer.from('true'))).toMatchObject([{ committedBytes: 4 }]);
    await record(finder());
    expect(await outcomesOf(one)).toEqual([{ revision: 1, kind: 'exited' }]);
    expect(await pending()).toBe(2);
  });

  test('neither may one that was asked about other work, nor one to which the question never left', async () => {
    const other = await bench.writeDispatch(fleet, await bench.createRun(fleet), { readOnly: false });
    await bench.markSent(other);
    const [foreign] = await bench.executionsOf(other);
    expect(await record(exited(satelliteId(1), foreign as string))).toEqual([]);
    await bench.admin.query('update inquiries set sent_at = null where dispatch_id = $1', [dispatchId]);
    expect(await record(finder())).toEqual([]);
  });

  test('the first end that is told counts, whoever tells it', async () => {
    await record(finder({ outcome: { kind: 'exited', exitCode: 3, signal: null, reason: null } }));
    expect(await record(own())).toEqual([]);
    expect(await outcomesOf(one)).toHaveLength(1);
    expect(await pending()).toBe(2);
  });

  test('its own satellite may know more than the one that was asked', async () => {
    await record(finder({ outcome: unknown }));
    expect(await pending()).toBe(2);
    await record(own());
    expect(await outcomesOf(one)).toEqual([
      { revision: 0, kind: 'unknown' },
      { revision: 1, kind: 'exited' },
    ]);
    expect(await pending()).toBe(2);
  });

  test.each([
    ['an end', exited('', '').outcome],
    ['a proof that it never began', notStarted],
  ])('what the node said counts against what its own satellite did not know: %s', async (_what, outcome) => {
    await record(own({ outcome: unknown }));
    await record(finder({ outcome }));
    expect(await outcomesOf(one)).toEqual([
      { revision: 1, kind: 'unknown' },
      { revision: 2, kind: outcome.kind },
    ]);
    expect(await record(finder({ outcome }))).toEqual([]);
  });

  test('unknown of both, or told twice, is one row each at most, and what the cloud said stays below', async () => {
    await record(exited(null, one, { revision: 0, outcome: unknown }));
    expect(await record(finder({ outcome: unknown }))).toEqual([]);
    await record(own({ outcome: unknown }));
    expect(await record(finder({ outcome: unknown }))).toEqual([]);
    expect(await outcomesOf(one)).toEqual([
      { revision: 0, kind: 'unknown' },
      { revision: 1, kind: 'unknown' },
    ]);
  });

  test.each([
    [0, 1],
    [1, 0],
  ])('of two that speak at once, who knows more is heard (%i, %i)', async (...order) => {
    const words = [own({ outcome: unknown }), finder()];
    await record(...order.map((index) => words[index] as ResultRow));
    expect(await outcomesOf(one)).toEqual([{ revision: 1, kind: 'exited' }]);
  });

  test('bytes that both send are stored once', async () => {
    const send = (index: number, offset: number, text: string) =>
      inOrganization(bench.relay, fleet.organizationId, (transaction) =>
        recordOutput(transaction, [
          {
            ...{ executionId: one, attempt: 1, stream: 'stdout' },
            satelliteId: satelliteId(index),
            offset,
            data: Buffer.from(text),
          },
        ]),
      );
    await send(0, 0, 'abc');
    await Promise.all([send(1, 0, 'abcdef'), send(0, 3, 'defg'), send(1, 3, 'def')]);
    await send(1, 0, 'abcdefgh');
    await record(finder({ stdoutBytes: 8, stdoutKeptBytes: 8, stdoutInline: null }));
    const read = await bench.inFleet(fleet, (transaction) => readOutput(transaction, one, 'stdout', 0, 100));
    expect(read.toString()).toBe('abcdefgh');
  });
});
