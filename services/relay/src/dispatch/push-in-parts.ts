// A frame that lists executions holds so many at most: a longer list becomes several frames. Entered where a satellite is asked
// about executions, or told of a cancel.
import type { HeldSatellite } from '../held-satellites.ts';

/** What the frames' schema allows. */
const executionsAFrameMax = 20_000;

export function pushInParts(
  satellite: HeldSatellite,
  t: 'reconcile' | 'cancel',
  executionIds: readonly string[],
): void {
  for (let start = 0; start < executionIds.length; start += executionsAFrameMax) {
    const part = executionIds.slice(start, start + executionsAFrameMax);
    satellite.out.push(t === 'cancel' ? { t, executionIds: part, stop: false } : { t, executionIds: part });
  }
}
