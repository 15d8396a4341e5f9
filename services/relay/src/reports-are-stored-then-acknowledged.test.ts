import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { listRunEvents } from '@sena/runs/events/list-run-events';
import { readExecution } from '@sena/runs/execution/list-executions';
import { readOutput } from '@sena/runs/output/read-output';
import { eventually } from '@sena/testing/eventually';
import type { SeededFleet, SeededSatellite } from '@sena/testing/seed-fleet';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openRelayBench, type RelayBench } from './fixtures/open-relay-bench.ts';
import { ackOf, connect, outputOf, resultOf, type ScriptedSatellite } from './fixtures/scripted-satellite.ts';

let bench: RelayBench;
let fleet: SeededFleet;
let satellite: SeededSatellite;
let tunnel: ScriptedSatellite;
let runId: string;
let dispatchId: string;
let executions: [string, string];
beforeAll(async () => {
  bench = await openRelayBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 2, satellites: 2 });
  satellite = fleet.satellites[0] as SeededSatellite;
  const prepared = await bench.prepareDispatch(fleet);
  ({ runId, dispatchId } = prepared);
  executions = prepared.executions as [string, string];
  tunnel = await connect(bench.port, satellite);
  await tunnel.next('dispatch');
  tunnel.send(ackOf(dispatchId));
});
afterEach(() => tunnel.close());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const read = (executionId: string, stream: 'stdout' | 'stderr' = 'stdout') =>
  bench.inFleet(fleet, (transaction) => readOutput(transaction, executionId, stream, 0, 100_000_000));
const shown = (executionId: string) => bench.inFleet(fleet, (transaction) => readExecution(transaction, executionId));
const outcomeOf = async (executionId: string) =>
  (
    await bench.admin.query(
      `select kind, exit_code::integer, reason, detail, stdout_inline is not null as inline,
         (select count(*)::integer from output_chunks c where c.execution_id = o.execution_id) as chunks
       from outcomes o where execution_id = $1 order by revision desc limit 1`,
      [executionId],
    )
  ).rows[0];
const withStdout = (executionId: string, bytes: Uint8Array, change: object = {}) =>
  resultOf(executionId, {
    stdoutBytes: bytes.length,
    stdoutKeptBytes: bytes.length,
    stdoutSha256: sha256(bytes),
    ...change,
  });

test('a dispatch is sent once: marked before it leaves, journaled by the satellite’s word, told in the run’s events', async () => {
  const sent = await bench.admin.query('select sent_at, sent_epoch from dispatches where id = $1', [dispatchId]);
  expect(sent.rows[0]).toEqual({ sent_at: expect.any(Date), sent_epoch: '1' });
  await eventually('the acknowledgement is stored', async () => {
    const found = await bench.admin.query('select acked_at from dispatches where id = $1', [dispatchId]);
    return found.rows[0].acked_at !== null;
  });
  // Longer than the poll and than the time after which it would be sent again.
  await sleep(700);
  expect(tunnel.heard.filter((frame) => frame.t === 'dispatch')).toHaveLength(1);
  const events = await bench.inFleet(fleet, (transaction) => listRunEvents(transaction, runId, 2));
  expect(events.map((event) => event.data)).toEqual([{ type: 'dispatch.sent', dispatchId, satelliteId: satellite.id }]);
});

test('small output travels into the outcome’s row, byte for byte, NUL and broken UTF-8 too', async () => {
  const bytes = Buffer.from([0, 0xff, 0xc3, 0x28, 0x1b, 0x5b, 0x41, 10]);
  tunnel.send(outputOf(executions[0], bytes), withStdout(executions[0], bytes));
  expect(await tunnel.next('outcome-ack')).toEqual({ t: 'outcome-ack', executionId: executions[0], revision: 1 });
  // The outcome's acknowledgement frees it: a second one would say nothing new.
  expect(tunnel.heard.filter((frame) => frame.t === 'output-ack')).toEqual([]);
  expect(await outcomeOf(executions[0])).toMatchObject({ kind: 'exited', exit_code: 0, inline: true, chunks: 0 });
  expect(await read(executions[0])).toEqual(bytes);
});

test('small output in pieces, or told in two goes, arrives the same', async () => {
  const bytes = Buffer.from('one two three');
  tunnel.send(outputOf(executions[0], bytes.subarray(0, 4)), outputOf(executions[0], bytes.subarray(4), { offset: 4 }));
  tunnel.send(withStdout(executions[0], bytes));
  tunnel.send(outputOf(executions[1], bytes.subarray(0, 4)));
  expect(await tunnel.next('outcome-ack')).toMatchObject({ executionId: executions[0] });
  await eventually('the first half is stored', async () => (await read(executions[1])).length === 4);
  tunnel.send(outputOf(executions[1], bytes.subarray(4), { offset: 4 }), withStdout(executions[1], bytes));
  await tunnel.next('outcome-ack');
  expect([await read(executions[0]), await read(executions[1])]).toEqual([bytes, bytes]);
});

test('large output goes into chunks and both streams arrive identical', async () => {
  const stdout = randomBytes(1_500_000);
  const stderr = randomBytes(70_000);
  for (let offset = 0; offset < stdout.length; offset += 60_001)
    tunnel.send(outputOf(executions[0], stdout.subarray(offset, offset + 60_001), { offset }));
  tunnel.send(outputOf(executions[0], stderr, { stream: 'stderr' }));
  const stderrTold = { stderrBytes: stderr.length, stderrKeptBytes: stderr.length, stderrSha256: sha256(stderr) };
  tunnel.send(withStdout(executions[0], stdout, stderrTold));
  await tunnel.next('outcome-ack');
  expect((await read(executions[0])).equals(stdout)).toBe(true);
  expect((await read(executions[0], 'stderr')).equals(stderr)).toBe(true);
  const acks = tunnel.heard.filter((frame) => frame.t === 'output-ack' && frame.stream === 'stdout');
  expect(acks.at(-1)).toMatchObject({ offset: stdout.length });
  const { chunks, inline } = await outcomeOf(executions[0]);
  expect({ inline, few: chunks < 15 }).toEqual({ inline: false, few: true });
});

test('what is told again after a lost acknowledgement is acknowledged again and stored once', async () => {
  const bytes = Buffer.from('told twice');
  const frames = [outputOf(executions[0], bytes), withStdout(executions[0], bytes)];
  tunnel.send(...frames);
  await tunnel.next('outcome-ack');
  await tunnel.close();
  tunnel = await connect(bench.port, satellite);
  tunnel.send(...frames);
  expect(await tunnel.next('outcome-ack')).toMatchObject({ executionId: executions[0], revision: 1 });
  expect(await read(executions[0])).toEqual(bytes);
  const run = await bench.admin.query('select exited_zero_count as zero from runs where id = $1', [runId]);
  expect(run.rows[0].zero).toBe(1);
});

test('a gap is not passed over: the acknowledgement says from where to send', async () => {
  tunnel.send(outputOf(executions[0], Buffer.from('abc')));
  await tunnel.next('output-ack');
  tunnel.send(outputOf(executions[0], Buffer.from('ghi'), { offset: 6 }));
  expect(await tunnel.next('output-ack')).toMatchObject({ offset: 3 });
});

test('a result whose output has not arrived whole is not acknowledged: the tunnel is opened anew, and both come again', async () => {
  const bytes = Buffer.from('the first half, the second half');
  const [first, second] = [outputOf(executions[0], bytes.subarray(0, 15)), bytes.subarray(15)];
  // Out of order: the second half is beyond a gap, and not taken.
  tunnel.send(outputOf(executions[0], second, { offset: 15 }));
  await tunnel.next('output-ack');
  tunnel.send(first);
  await tunnel.next('output-ack');
  tunnel.send(withStdout(executions[0], bytes));
  expect(await tunnel.closed).toEqual({ code: 4400, reason: 'output is missing' });
  expect(tunnel.heard.some((frame) => frame.t === 'outcome-ack')).toBe(false);
  expect(await outcomeOf(executions[0])).toBeUndefined();

  tunnel = await connect(bench.port, satellite);
  tunnel.send(outputOf(executions[0], second, { offset: 15 }), withStdout(executions[0], bytes));
  await tunnel.next('outcome-ack');
  expect(await read(executions[0])).toEqual(bytes);
});

test('output that never comes does not hold its result back for ever, and what is stored of it is called cut', async () => {
  const bytes = Buffer.from('nobody has the rest any more');
  const masked = { rawSha256: sha256(bytes), count: 1, bytes: 3, rules: { canary: 1 }, spans: [[0, 3, 'canary']] };
  const told = withStdout(executions[0], bytes, { redaction: { stdout: masked, stderr: null } });
  tunnel.send(outputOf(executions[0], bytes.subarray(0, 10)));
  await tunnel.next('output-ack');
  for (let tries = 1; tries <= 3; tries += 1) {
    tunnel.send(told);
    expect(await tunnel.closed).toMatchObject({ code: 4400 });
    tunnel = await connect(bench.port, satellite);
  }
  tunnel.send(told);
  await tunnel.next('outcome-ack');
  expect(await shown(executions[0])).toMatchObject({
    ...{ outcome: 'exited', exitCode: 0, stdoutBytes: bytes.length, stdoutTruncated: true, stderrTruncated: false },
    redaction: { stdout: { rawSha256: null, count: 1 } },
  });
  const stored = await bench.admin.query(
    'select stdout_kept_bytes::integer as kept, stdout_sha256 as hash from outcomes where execution_id = $1',
    [executions[0]],
  );
  expect(stored.rows).toEqual([{ kept: 10, hash: null }]);
  expect(await read(executions[0])).toEqual(bytes.subarray(0, 10));
});

test('what PostgreSQL refuses every time holds nothing else up: it is passed over, and said so', async () => {
  const [sick, sound] = executions;
  await bench.admin.query(`
    create function refuse_one() returns trigger language plpgsql as $$
      begin raise exception 'no' using errcode = 'check_violation'; end $$;
    create trigger refuse_output before insert on output_chunks for each row
      when (new.execution_id = '${sick}') execute function refuse_one();
    create trigger refuse_start before insert on execution_starts for each row
      when (new.execution_id = '${sick}') execute function refuse_one()`);
  try {
    const bytes = Buffer.from('nobody can store this');
    const started = {
      t: 'started',
      executionId: sick,
      attempt: 1,
      at: new Date().toISOString(),
      bootId: null,
    } as const;
    // Six: each of the two is refused three times, one after the other.
    for (let tunnels = 1; tunnels <= 6; tunnels += 1) {
      tunnel.send(tunnels <= 3 ? started : outputOf(sick, bytes));
      expect(await tunnel.closed).toEqual({ code: 4400, reason: 'report refused' });
      tunnel = await connect(bench.port, satellite);
    }
    tunnel.send(started, outputOf(sick, bytes));
    expect(await tunnel.next('output-ack')).toMatchObject({ executionId: sick, offset: bytes.length });
    // More of the same stream is freed at once, and what is sound beside it is stored.
    const more = Buffer.from(', nor this');
    tunnel.send(outputOf(sick, more, { offset: bytes.length }), outputOf(sound, bytes));
    expect(await tunnel.next('output-ack')).toMatchObject({ executionId: sick, offset: bytes.length + more.length });
    expect(await tunnel.next('output-ack')).toMatchObject({ executionId: sound, offset: bytes.length });
    tunnel.send(withStdout(sick, Buffer.concat([bytes, more])), withStdout(sound, bytes));
    await tunnel.next('outcome-ack');
    await tunnel.next('outcome-ack');
    expect(await shown(sick)).toMatchObject({ outcome: 'exited', stdoutTruncated: true });
    expect(await shown(sound)).toMatchObject({ outcome: 'exited', stdoutTruncated: false });
    const told = bench.log.filter((line) => String(line.msg).includes('passed over'));
    expect(told.map((line) => line.frame)).toEqual(expect.arrayContaining(['started', 'output']));
  } finally {
    await bench.admin.query('drop function refuse_one cascade');
  }
});

test('starts are told once, and the last result wakes the run', async () => {
  const at = '2026-05-05T05:05:05.000Z';
  for (const executionId of executions) tunnel.send({ t: 'started', executionId, attempt: 1, at, bootId: 'boot-1' });
  await eventually('starts are stored', async () => {
    const stored = await bench.admin.query('select 1 from execution_starts where execution_id = any($1)', [executions]);
    return stored.rowCount === executions.length;
  });
  for (const executionId of executions) tunnel.send(resultOf(executionId));
  await tunnel.next('outcome-ack');
  await tunnel.next('outcome-ack');
  const run = await bench.admin.query('select wake_count, exited_zero_count as zero from runs where id = $1', [runId]);
  expect(run.rows[0]).toEqual({ wake_count: 2, zero: 2 });
  // The doorbell is with the queue: the row that stood for it is gone.
  await eventually('the queue has it', async () => {
    const left = await bench.admin.query(`select 1 from outbox where run_id = $1 and job = 'advanceRun'`, [runId]);
    return left.rowCount === 1; // that of the creation, which nobody rings here
  });
  const starts = await bench.admin.query('select started_at from execution_starts where execution_id = any($1)', [
    executions,
  ]);
  expect(starts.rows.map((row) => row.started_at.toISOString())).toEqual([at, at]);
});

test('an execution that has ended when its start is told has one row, which says both', async () => {
  const at = '2026-01-01T00:00:00.000Z';
  tunnel.send({ t: 'started', executionId: executions[0], attempt: 1, at, bootId: null }, resultOf(executions[0]));
  await tunnel.next('outcome-ack');
  const starts = await bench.admin.query('select 1 from execution_starts where execution_id = $1', [executions[0]]);
  expect(starts.rowCount).toBe(0);
  const outcome = await bench.admin.query('select started_at from outcomes where execution_id = $1', [executions[0]]);
  expect(outcome.rows[0].started_at.toISOString()).toBe(at);
});

test('what a satellite says of another one’s executions is not stored', async () => {
  const other = await connect(bench.port, fleet.satellites[1] as SeededSatellite);
  const forged = Buffer.from('forged');
  other.send(outputOf(executions[0], forged), withStdout(executions[0], forged, { revision: 99 }));
  await other.next('outcome-ack');
  await other.close();
  expect(await outcomeOf(executions[0])).toBeUndefined();
  expect(await read(executions[0])).toEqual(Buffer.alloc(0));
});

test('what a satellite of another organization says is not stored', async () => {
  const strangers = await bench.seedFleet();
  const other = await connect(bench.port, strangers.satellites[0] as SeededSatellite);
  other.send(resultOf(executions[0]));
  await other.next('outcome-ack');
  await other.close();
  expect(await outcomeOf(executions[0])).toBeUndefined();
});

test('a dispatch that the satellite does not believe was not started, in its words', async () => {
  const message = 'The envelope was not signed by the pinned key, or was altered.';
  const code = 'envelope_signature_wrong';
  const second = await bench.prepareDispatch(fleet);
  const sent = await tunnel.next('dispatch');
  tunnel.send({ t: 'dispatch-ack', dispatchId: sent.dispatchId, accepted: false, code, message });
  await eventually('it is told', async () => (await outcomeOf(second.executions[0] ?? '')) !== undefined);
  for (const executionId of second.executions) {
    expect(await outcomeOf(executionId)).toMatchObject({
      kind: 'not_started',
      reason: 'envelope_refused',
      detail: message,
    });
  }
  const run = await bench.admin.query('select wake_count from runs where id = $1', [second.runId]);
  expect(run.rows[0].wake_count).toBe(2);
});

test('a dispatch that the satellite may have forgotten is unknown', async () => {
  const message = 'The journal of this satellite is younger than the dispatch: nobody knows whether it ran already.';
  tunnel.send({ t: 'dispatch-ack', dispatchId, accepted: false, code: 'envelope_before_journal', message });
  await eventually('it is told', async () => (await outcomeOf(executions[0])) !== undefined);
  expect(await outcomeOf(executions[0])).toMatchObject({ kind: 'unknown', reason: 'satellite_lost', detail: message });
});

test('a second copy that is refused changes nothing of what was taken', async () => {
  const refusal = { t: 'dispatch-ack', dispatchId, accepted: false, message: 'Its key is retired.' } as const;
  tunnel.send(ackOf(dispatchId), { ...refusal, code: 'envelope_key_unknown' });
  await eventually('it is journaled', async () => {
    const { rows } = await bench.admin.query('select acked_at from dispatches where id = $1', [dispatchId]);
    return rows[0]?.acked_at !== null;
  });
  tunnel.send({ ...refusal, code: 'envelope_key_unknown' }, resultOf(executions[0]));
  await tunnel.next('outcome-ack');
  expect(await outcomeOf(executions[0])).toMatchObject({ kind: 'exited' });
  expect(await outcomeOf(executions[1])).toBeUndefined();
});

test('what had arrived of an unknown end is shown by the end that follows it', async () => {
  const bytes = Buffer.from('as far as it came');
  const unknown = { kind: 'unknown', reason: 'node_not_reached', detail: 'It is gone.' } as const;
  tunnel.send(outputOf(executions[0], bytes), withStdout(executions[0], bytes, { outcome: unknown }));
  await tunnel.next('outcome-ack');
  expect(await read(executions[0])).toEqual(bytes);
  tunnel.send(withStdout(executions[0], bytes, { revision: 2 }));
  await tunnel.next('outcome-ack');
  expect(await outcomeOf(executions[0])).toMatchObject({ kind: 'exited' });
  expect(await read(executions[0])).toEqual(bytes);
});

test('output with another hash than the satellite reported is kept apart, and said so in the log', async () => {
  const bytes = Buffer.from('as it came');
  tunnel.send(
    outputOf(executions[0], bytes),
    withStdout(executions[0], bytes, { stdoutSha256: sha256(Buffer.from('other')) }),
  );
  await tunnel.next('outcome-ack');
  expect(await read(executions[0])).toEqual(bytes);
  expect(bench.log.some((line) => line.executionId === executions[0] && String(line.msg).includes('hash'))).toBe(true);
});

test('a report that is not valid is refused by its name, and stops none of the others of its satellite', async () => {
  const [broken, whole] = executions;
  const bytes = Buffer.from('whole');
  tunnel.send(
    { t: 'started', executionId: broken, attempt: 1, at: 'yesterday', bootId: null },
    resultOf(broken, { durationMs: -1 }),
    outputOf(whole, bytes),
    withStdout(whole, bytes),
  );
  const acks = [await tunnel.next('outcome-ack'), await tunnel.next('outcome-ack')];
  expect(acks.map(({ executionId }) => executionId).sort()).toEqual([...executions].sort());
  expect(await outcomeOf(whole)).toMatchObject({ kind: 'exited', exit_code: 0 });
  expect(await outcomeOf(broken)).toMatchObject({ kind: 'unknown', reason: 'report_unreadable' });
  const refusals = [await tunnel.next('refused'), await tunnel.next('refused')];
  for (const [index, field] of ['at', 'result.durationMs'].entries()) {
    expect(refusals[index]).toMatchObject({
      code: 'report_unreadable',
      message: expect.stringContaining(`${field}: `),
    });
    expect(refusals[index]?.message).toContain(broken);
  }
  const run = await bench.admin.query('select wake_count from runs where id = $1', [runId]);
  expect(run.rows[0].wake_count).toBe(2);
  // Told again, as after a lost acknowledgement: nothing changes, and the tunnel stays.
  tunnel.send(resultOf(broken, { durationMs: -1 }));
  expect(await tunnel.next('outcome-ack')).toMatchObject({ executionId: broken, revision: 1 });
});

test('a report that is not valid and says of nothing that it is over closes the tunnel', async () => {
  tunnel.send(resultOf(executions[0], { revision: 0 }));
  expect(await tunnel.closed).toEqual({ code: 4400, reason: 'malformed_frame' });
});

test('a refusal and a result of the same moment do not lock each other out', async () => {
  const { executions: late } = await bench.prepareDispatch(fleet);
  const second = await tunnel.next('dispatch');
  tunnel.send(
    { t: 'dispatch-ack', dispatchId: second.dispatchId, accepted: false, code: 'envelope_expired', message: 'late' },
    ...executions.map((id) => resultOf(id)),
  );
  for (const _ of executions) await tunnel.next('outcome-ack');
  expect(await outcomeOf(late[1] ?? '')).toMatchObject({ kind: 'not_started' });
});
