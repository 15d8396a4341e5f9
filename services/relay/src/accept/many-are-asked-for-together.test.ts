import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { gatherCalls } from './gather-calls.ts';

const together = () => '';

test('calls of one moment, and those that come meanwhile, are two batches, each answered in its own order', async () => {
  const batches: number[][] = [];
  const double = gatherCalls<number, number>(
    100,
    async (keys) => {
      batches.push([...keys]);
      await sleep(20);
      return keys.map((key) => key * 2);
    },
    together,
  );
  const first = [1, 2, 3].map(double);
  await sleep(5);
  const second = [4, 5].map(double);
  expect(await Promise.all([...first, ...second])).toEqual([2, 4, 6, 8, 10]);
  expect(batches).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  expect(await double(6)).toBe(12);
});

test('a batch is bounded', async () => {
  const sizes: number[] = [];
  const same = gatherCalls<number, number>(
    4,
    async (keys) => {
      sizes.push(keys.length);
      return keys;
    },
    together,
  );
  await Promise.all(Array.from({ length: 10 }, (_, index) => same(index)));
  expect(sizes).toEqual([4, 4, 2]);
});

test('one that comes alone waits for nobody; one of a crowd waits for the others', async () => {
  const batches: number[][] = [];
  const companyMs = 150;
  const same = gatherCalls<number, number>(
    100,
    async (keys) => {
      batches.push([...keys]);
      return keys;
    },
    together,
    companyMs,
  );
  const startedMs = performance.now();
  await same(1);
  expect(performance.now() - startedMs).toBeLessThan(companyMs);
  const crowd = [same(2)];
  await sleep(companyMs / 3);
  crowd.push(same(3));
  await Promise.all(crowd);
  expect(batches).toEqual([[1], [2, 3]]);
});

test('one that fails does not fail the others', async () => {
  const picky = gatherCalls<number, number>(
    100,
    async (keys) => {
      if (keys.includes(2)) throw new Error('not 2');
      return keys;
    },
    together,
  );
  expect(await Promise.allSettled([1, 2, 3].map(picky))).toMatchObject([
    { status: 'fulfilled', value: 1 },
    { status: 'rejected', reason: new Error('not 2') },
    { status: 'fulfilled', value: 3 },
  ]);
});

test('groups are asked for apart: one that fails is asked again, what another did is not repeated', async () => {
  const asked: string[][] = [];
  const ask = gatherCalls<string, string>(
    100,
    async (keys) => {
      asked.push([...keys]);
      if (keys.some((key) => key.startsWith('broken'))) throw new Error('no rows');
      return keys;
    },
    (key) => key.split('-')[0] as string,
  );
  const answers = await Promise.allSettled(['sound-1', 'broken-1', 'sound-2', 'broken-2'].map(ask));
  expect(answers.map((answer) => answer.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected']);
  expect(asked).toEqual([['sound-1', 'sound-2'], ['broken-1', 'broken-2'], ['broken-1'], ['broken-2']]);
});
