import { randomBytes } from 'node:crypto';
import { inOrganization } from '@sena/db/tenant';
import type { SeededFleet } from '@sena/testing/seed-fleet';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bench, exited, openBench } from '../fixtures/open-bench.ts';
import { recordResults } from '../results/record-results.ts';
import { readOutput, readOutputSize } from './read-output.ts';
import { type OutputPiece, recordOutput } from './record-output.ts';

let bench: Bench;
let fleet: SeededFleet;
let executionId: string;
let satelliteId: string;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench.close());
beforeEach(async () => {
  fleet = await bench.seedFleet({ nodes: 1, satellites: 2 });
  satelliteId = fleet.satellites[0]?.id as string;
  const dispatchId = await bench.writeDispatch(fleet, await bench.createRun(fleet));
  await bench.markSent(dispatchId);
  [executionId] = (await bench.executionsOf(dispatchId)) as [string];
});

const piece = (offset: number, data: Uint8Array | string, change: Partial<OutputPiece> = {}): OutputPiece => ({
  satelliteId,
  executionId,
  attempt: 1,
  stream: 'stdout',
  offset,
  data: typeof data === 'string' ? Buffer.from(data) : data,
  ...change,
});
const record = (...pieces: OutputPiece[]) =>
  inOrganization(bench.relay, fleet.organizationId, (transaction) => recordOutput(transaction, pieces));
const read = (start = 0, length = 100_000_000, stream: 'stdout' | 'stderr' = 'stdout') =>
  bench.inFleet(fleet, (transaction) => readOutput(transaction, executionId, stream, start, length));
const committed = async (...pieces: OutputPiece[]) => (await record(...pieces)).map((stream) => stream.committedBytes);

test('every byte value survives, NUL and broken UTF-8 among them', async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
  expect(await committed(piece(0, every), piece(256, Buffer.from([0, 0xc3, 0x28, 0xff])))).toEqual([260]);
  expect(await read()).toEqual(Buffer.concat([every, Buffer.from([0, 0xc3, 0x28, 0xff])]));
});

test('a piece that overlaps adds what is new of it; one that is known adds nothing', async () => {
  expect(await committed(piece(0, 'hello'))).toEqual([5]);
  expect(await committed(piece(0, 'hello'))).toEqual([5]);
  expect(await committed(piece(3, 'lo world'))).toEqual([11]);
  expect(await committed(piece(2, 'llo'))).toEqual([11]);
  expect((await read()).toString()).toBe('hello world');
});

test('a piece beyond a gap is not taken, and the answer says from where to send again', async () => {
  expect(await committed(piece(0, 'abc'))).toEqual([3]);
  expect(await committed(piece(5, 'fgh'))).toEqual([3]);
  expect((await read()).toString()).toBe('abc');
  expect(await committed(piece(3, 'de'), piece(5, 'fgh'))).toEqual([8]);
  expect((await read()).toString()).toBe('abcdefgh');
});

test('streams and attempts are kept apart', async () => {
  await record(piece(0, 'out'), piece(0, 'error', { stream: 'stderr' }), piece(0, 'second', { attempt: 2 }));
  // While nothing has ended the latest attempt is shown.
  expect((await read()).toString()).toBe('second');
  expect((await read(0, 100, 'stderr')).toString()).toBe('error');
  await inOrganization(bench.relay, fleet.organizationId, (transaction) =>
    recordResults(
      transaction,
      [exited(satelliteId, executionId, { stdoutInline: null, stdoutBytes: 3, stdoutKeptBytes: 3 })],
      'satellite:s',
    ),
  );
  expect((await read()).toString()).toBe('out');
  // Whoever has begun to read an attempt goes on with that one.
  const second = await bench.inFleet(fleet, (transaction) => readOutput(transaction, executionId, 'stdout', 3, 100, 2));
  expect(second.toString()).toBe('ond');
});

test('bytes for an execution of another satellite are not taken', async () => {
  const foreign = fleet.satellites[1]?.id as string;
  expect(await record(piece(0, 'forged', { satelliteId: foreign }))).toEqual([]);
  expect(await read()).toEqual(Buffer.alloc(0));
});

test('3 MB in pieces of any size, sent again from anywhere, by two connections at once, arrive identical', async () => {
  const sent = randomBytes(3_000_000);
  const send = async () => {
    for (let at = 0; at < sent.length; ) {
      const batch: OutputPiece[] = [];
      for (let count = 1 + Math.floor(Math.random() * 6); count > 0 && at < sent.length; count -= 1) {
        const size = 1 + Math.floor(Math.random() * 200_000);
        batch.push(piece(at, sent.subarray(at, at + size)));
        at += size;
      }
      const [done] = await committed(...batch);
      // Sometimes the connection is gone before the acknowledgement: it goes on from an earlier byte.
      at = Math.random() < 0.3 ? Math.floor((done as number) * Math.random()) : (done as number);
      if (Math.random() < 0.05) at = done as number;
    }
  };
  await Promise.all([send(), send()]);
  expect((await read()).equals(sent)).toBe(true);
  const chunks = await bench.admin.query<{ at: string; size: number }>(
    'select byte_offset as at, octet_length(data) as size from output_chunks where execution_id = $1 order by byte_offset',
    [executionId],
  );
  let end = 0;
  for (const chunk of chunks.rows) {
    expect(Number(chunk.at)).toBe(end);
    end += chunk.size;
  }
  expect(end).toBe(sent.length);
});

describe('reading', () => {
  const text = 'abcdefghijklmnopqrstuvwxyz';
  const ranges: Array<[number, number]> = [
    [0, 26],
    [0, 1],
    [25, 1],
    [4, 7],
    [9, 12],
    [10, 1],
    [20, 100],
    [26, 5],
    [100, 5],
    [3, 0],
  ];

  test.each(ranges)('in chunks: from %i, %i bytes', async (start, length) => {
    await record(piece(0, text.slice(0, 10)), piece(10, text.slice(10, 11)), piece(11, text.slice(11)));
    expect((await read(start, length)).toString()).toBe(text.slice(start, start + length));
  });

  test.each(ranges)('inline: from %i, %i bytes', async (start, length) => {
    const inline = { stdoutInline: Buffer.from(text), stdoutBytes: 26, stdoutKeptBytes: 26 };
    await inOrganization(bench.relay, fleet.organizationId, (transaction) =>
      recordResults(transaction, [exited(satelliteId, executionId, inline)], 'satellite:s'),
    );
    expect((await read(start, length)).toString()).toBe(text.slice(start, start + length));
  });

  test('tells what is stored and what was written', async () => {
    const size = () => bench.inFleet(fleet, (transaction) => readOutputSize(transaction, executionId, 'stdout'));
    expect(await size()).toEqual({
      runId: expect.stringMatching(/^run_/),
      attempt: 1,
      storedBytes: 0,
      writtenBytes: null,
    });
    await record(piece(0, text));
    expect(await size()).toEqual({
      runId: expect.stringMatching(/^run_/),
      attempt: 1,
      storedBytes: 26,
      writtenBytes: null,
    });
    await inOrganization(bench.relay, fleet.organizationId, (transaction) =>
      recordResults(
        transaction,
        [exited(satelliteId, executionId, { stdoutInline: null, stdoutBytes: 1_000, stdoutKeptBytes: 26 })],
        'satellite:s',
      ),
    );
    expect(await size()).toEqual({
      runId: expect.stringMatching(/^run_/),
      attempt: 1,
      storedBytes: 26,
      writtenBytes: 1_000,
    });
  });

  test('of another organization finds nothing', async () => {
    await record(piece(0, text));
    const other = await bench.seedFleet();
    const found = await bench.inFleet(other, async (transaction) => [
      await readOutputSize(transaction, executionId, 'stdout'),
      (await readOutput(transaction, executionId, 'stdout', 0, 10)).length,
    ]);
    expect(found).toEqual([null, 0]);
  });
});
