import { expect, test } from 'vitest';
import { restartDelay } from './restart-delay.ts';

test('delays double from half a second to half a minute', () => {
  const delays: number[] = [];
  for (let previous: number | null = null; delays.length < 9; previous = delays.at(-1) ?? null) {
    delays.push(restartDelay(previous, null));
  }
  expect(delays).toEqual([500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
});

test('a minute of health begins anew; less does not', () => {
  expect(restartDelay(16_000, 60_000)).toBe(500);
  expect(restartDelay(16_000, 59_999)).toBe(30_000);
});
