import { expect, test } from 'vitest';
import { eventually } from './eventually.ts';

test('returns the first truthy value', async () => {
  let tries = 0;
  expect(await eventually('three tries', () => ++tries === 3 && 'done', { everyMs: 1 })).toBe('done');
});

test('a probe that throws is tried again, and the last error is told', async () => {
  const waiting = eventually('the row', () => Promise.reject(new Error('no such row')), { timeoutMs: 30, everyMs: 5 });
  await expect(waiting).rejects.toThrow('Waited 30 ms in vain: the row. The last try threw: no such row');
});

test('tells what it saw last', async () => {
  await expect(eventually('a value', () => null, { timeoutMs: 10, everyMs: 5 })).rejects.toThrow('returned null');
});
