import { expect, it } from 'vitest';
import { cutLongOutput } from '../fixtures/cut-long-output.ts';

it('output arrives identical through many cuts of the tunnel, and the satellite stays small', async () => {
  const { written, arrived, reported, cuts, peakBytes } = await cutLongOutput({ blocks: 3, cuts: 12 });
  expect(cuts).toBe(12);
  expect(arrived).toEqual(written);
  expect(reported).toEqual(written);
  expect(peakBytes).toBeLessThan(128 * 1024 * 1024);
}, 120_000);
