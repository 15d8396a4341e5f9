// When reports leave the satellite: together where that costs nobody anything, and each in bounded time whatever the relay does.
import type { ExecutionResult, SatelliteFrame } from '@sena/contracts/frames';
import { expect, it, vi } from 'vitest';
import { createOutbox, type OutputSink } from './create-outbox.ts';

const at = '2026-01-01T00:00:00.000Z';
const never = 3_600_000;

function openOutbox(times: { gatherMs?: number; briefMs?: number; endsMs?: number }) {
  const outbox = createOutbox({ bytesPerExecutionMax: 1e6, bytesTotalMax: 1e6, ...times });
  const told: SatelliteFrame[] = [];
  outbox.linkUp({ push: (frame) => told.push(frame), room: async () => undefined });
  const begin = (id: string, mayWait = true): OutputSink => {
    const sink = outbox.open(id, 1);
    sink.started({ at, bootId: null, mayWait });
    return sink;
  };
  const end = async (id: string) => {
    outbox.result({ executionId: id, attempt: 1, revision: 1 } as ExecutionResult);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const words = () =>
    told
      .splice(0)
      .map(
        (frame) =>
          `${frame.t} ${frame.t === 'result' ? frame.result.executionId : 'executionId' in frame && frame.executionId}`,
      );
  return { outbox, told, begin, end, words };
}

it('an end leaves at once when nothing is unacknowledged; further ones gather until the relay has answered', async () => {
  const { outbox, told, begin, end, words } = openOutbox({ endsMs: never, briefMs: never });
  for (const id of ['a', 'b', 'c', 'still-running']) begin(id);
  await end('a');
  expect(words()).toEqual(['result a']);
  await end('b');
  await end('c');
  expect(words()).toEqual([]);
  expect(outbox.acknowledgeOutcome('a', 1)).toBe(true);
  await vi.waitFor(() => expect(told.length).toBe(2));
  expect(words()).toEqual(['result b', 'result c']);
});

it('the last one waits for nobody', async () => {
  const { begin, end, words } = openOutbox({ endsMs: never, briefMs: never });
  for (const id of ['a', 'b', 'c']) begin(id);
  for (const id of ['a', 'b', 'c']) await end(id);
  expect(words()).toEqual(['result a', 'result b', 'result c']);
});

it('a relay that does not answer is told of ends all the same', async () => {
  const { begin, end, words } = openOutbox({ endsMs: 20, briefMs: never });
  for (const id of ['a', 'b', 'still-running']) begin(id);
  await end('a');
  await end('b');
  expect(words()).toEqual(['result a']);
  await vi.waitFor(() => expect(words()).toEqual(['result b']));
});

it('the next connection is told of everything at once', async () => {
  const { outbox, told, begin, end, words } = openOutbox({ endsMs: never, briefMs: never });
  for (const id of ['a', 'b', 'still-running']) begin(id);
  await end('a');
  await end('b');
  outbox.linkDown();
  words();
  outbox.linkUp({ push: (frame) => told.push(frame), room: async () => undefined });
  await vi.waitFor(() => expect(told.length).toBe(3));
  expect(words()).toEqual(['result a', 'result b', 'started still-running']);
});

it('a reading that ends soon is told in one: its output, then its end', async () => {
  const { begin, end, words } = openOutbox({ gatherMs: 1, briefMs: never });
  begin('a').append('stdout', Buffer.from('all of it'));
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(words()).toEqual([]);
  await end('a');
  expect(words()).toEqual(['output a', 'result a']);
});

it('each waits its time for its end, however many began before it', async () => {
  const { begin, end, words } = openOutbox({ gatherMs: 1, briefMs: 200 });
  begin('a');
  await new Promise((resolve) => setTimeout(resolve, 300));
  // Between two looks: the first one found only what had begun by then.
  begin('b').append('stdout', Buffer.from('all of it'));
  await vi.waitFor(() => expect(words()).toEqual(['started a']), { interval: 1 });
  await end('b');
  expect(words()).toEqual(['output b', 'result b']);
});

it('one that runs on is told as begun, and from then on its output comes as it is written', async () => {
  const { begin, words } = openOutbox({ gatherMs: 1, briefMs: 30 });
  const sink = begin('a');
  await vi.waitFor(() => expect(words()).toEqual(['started a']));
  sink.append('stdout', Buffer.from('more'));
  await vi.waitFor(() => expect(words()).toEqual(['output a']));
});

it('much output of a reading does not wait', () => {
  const { begin, words } = openOutbox({ gatherMs: never, briefMs: never });
  begin('a').append('stdout', Buffer.alloc(70_000));
  expect(words()).toEqual(['started a', 'output a']);
});

it('what would be lost with this satellite does not wait', async () => {
  const { begin, words } = openOutbox({ gatherMs: 1, briefMs: never });
  begin('a', false);
  await vi.waitFor(() => expect(words()).toEqual(['started a']));
});
