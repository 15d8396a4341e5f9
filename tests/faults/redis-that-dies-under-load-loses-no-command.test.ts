// Redis is a doorbell: it is killed, and flushed, while runs are asked for without a pause. None is lost, none runs twice, and the work goes
// on within ten seconds of its return.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cellsFor } from './cells.ts';
import { seededRandom } from './seeded-random.ts';
import { armFault } from './trial/arm-fault.ts';
import type { ArmedFault } from './trial/armed-fault.ts';
import { kinds } from './trial/command-kinds.ts';
import { runTrial } from './trial/run-trial.ts';
import type { TrialResult } from './trial/trial-result.ts';
import { type RunWatcher, watchRuns } from './trial/watch-runs.ts';
import { startWorld, type World } from './world/start-world.ts';

const recoveryMsMax = 10_000;

let world: World;
let watcher: RunWatcher;

beforeAll(async () => {
  world = await startWorld({ backend: 'redis', lanes: 2, pairedLanes: 0, nodesPerLane: 2, say: () => undefined });
  watcher = watchRuns(world.query);
}, 240_000);
afterAll(async () => {
  watcher?.stop();
  await world?.stop();
}, 60_000);

it.each(['redis.dies', 'redis.is-flushed'])(
  '%s: every run ends as it would have, and soon',
  async (id) => {
    const results: TrialResult[] = [];
    let isOver = false;
    const lanes = world.lanes.map(async (lane, laneIndex) => {
      for (let step = 0; !isOver; step += 1) {
        const index = laneIndex * 1_000 + step;
        const plan = {
          index,
          series: 'single' as const,
          cells: [],
          kind: kinds['read-small'],
          random: seededRandom(1, id, index),
        };
        results.push(await runTrial(plan, lane, world, watcher));
      }
    });
    const ended = async () => Number((await world.query<{ n: string }>(endedSql))[0]?.n);
    await until(() => results.length >= 4);

    const fault = await happen(id);
    const backAtMs = performance.now();
    const before = await ended();
    await until(async () => (await ended()) > before);
    const recoveryMs = performance.now() - backAtMs;
    await sleep(2_000);
    isOver = true;
    await Promise.all(lanes);
    await fault.heal();

    expect(results.flatMap((result) => result.violations)).toEqual([]);
    expect(results.flatMap((result) => result.nodes.map((node) => node.outcome))).toEqual(
      Array(results.length * 2).fill('exited'),
    );
    expect(recoveryMs).toBeLessThan(recoveryMsMax);
  },
  240_000,
);

const endedSql = "select count(*) as n from runs where status = 'succeeded'";

/** Resolves when Redis is there again. */
async function happen(id: string): Promise<ArmedFault> {
  const cell = cellsFor('redis').find((each) => each.id === id);
  if (cell === undefined) throw new Error(`there is no cell ${id}`);
  return armFault(cell, { world, lanes: world.lanes, random: seededRandom(1, id) });
}

async function until(isThere: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 120_000;
  while (!(await isThere())) {
    if (performance.now() > deadlineMs) throw new Error('it did not happen within 120 s');
    await sleep(20);
  }
}
