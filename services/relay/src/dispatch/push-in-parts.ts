// A frame that lists executions holds so many at most: a longer list becomes several frames. Entered where a satellite is asked
// about executions, or told of a cancel.
import type { HeldSatellite } from '../held-satellites.ts';

/** What the frames' schema allows. */
const executionsAFrameMax = 20_000;

/** None is a question too. */
export function pushReconcile(satellite: HeldSatellite, executionIds: readonly string[]): void {
  const parts = executionIds.length === 0 ? [[]] : partsOf(executionIds);
  for (const part of parts) satellite.out.push({ t: 'reconcile', executionIds: part });
}

/** `stop`: also of what runs. */
export function pushCancel(satellite: HeldSatellite, executionIds: readonly string[], stop: boolean): void {
  for (const part of partsOf(executionIds)) satellite.out.push({ t: 'cancel', executionIds: part, stop });
}

function* partsOf(executionIds: readonly string[]): Generator<string[]> {
  for (let start = 0; start < executionIds.length; start += executionsAFrameMax) {
    yield executionIds.slice(start, start + executionsAFrameMax);
  }
}
