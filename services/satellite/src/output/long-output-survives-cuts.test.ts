import { expect, it } from 'vitest';
import { cutLongOutput } from '../fixtures/cut-long-output.ts';

it('output arrives identical through many cuts of the tunnel, and takes a bounded part of memory', async () => {
  const { written, arrived, reported, cuts, idleBytes, peakBytes } = await cutLongOutput({ blocks: 4, cuts: 12 });
  expect(cuts).toBe(12);
  expect(arrived).toEqual(written);
  expect(reported).toEqual(written);
  // Beside the process itself, whatever the output's size, it is the spool and what is on its way: a quarter of the 128 MiB that a satellite
  // may take, since the program needs the rest.
  expect(peakBytes - idleBytes).toBeLessThan(32 * 1024 * 1024);
}, 240_000);
