// Redis is a doorbell: it is killed, and flushed, while readings and approved changes are asked for without a pause. None is lost, none runs
// twice, and every run that was under way, or was asked for while Redis was away, ends within ten seconds of its return.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { cellsFor } from './cells.ts';
import { seededRandom } from './seeded-random.ts';
import { armFault } from './trial/arm-fault.ts';
import { type KindName, kinds } from './trial/command-kinds.ts';
import { runTrial } from './trial/run-trial.ts';
import type { TrialResult } from './trial/trial-result.ts';
import { type RunWatcher, watchRuns } from './trial/watch-runs.ts';
import { startWorld, type World } from './world/start-world.ts';

const recoveryMsMax = 10_000;
/** Longer than any service tries to ring: rings are lost. */
const awayMs = 8_000;
const lanes = 4;
const nodesPerLane = 2;
/** None of them takes longer than half a second on its node. */
const asked: readonly KindName[] = ['silent', 'read-small', 'exits-255', 'signalled'];

let world: World;
let watcher: RunWatcher;

beforeAll(async () => {
  world = await startWorld({ backend: 'redis', lanes, pairedLanes: 0, nodesPerLane, say: () => undefined });
  watcher = watchRuns(world.query);
}, 480_000);
afterAll(async () => {
  watcher?.stop();
  await world?.stop();
}, 60_000);

it.each(['redis.dies', 'redis.is-flushed', 'redis.is-away'])(
  '%s: every run ends as it would have, and soon',
  async (id) => {
    const results: TrialResult[] = [];
    let isOver = false;
    const beganAt = new Date();
    const work = world.lanes.map(async (lane, laneIndex) => {
      for (let step = 0; !isOver; step += 1) {
        const index = laneIndex * 1_000 + step;
        const kind = kinds[asked[(laneIndex + step) % asked.length] ?? 'silent'];
        const plan = { index, series: 'single' as const, cells: [], kind, random: seededRandom(1, id, index) };
        results.push(await runTrial(plan, lane, world, watcher));
      }
    });
    await until(() => results.length >= 2 * lanes);

    const [undisturbed] = await world.query<{ slowestMs: number }>(undisturbedSql, [beganAt]);
    await until(async () => (await world.query('select 1 from runs where finished_at is null')).length === lanes);
    const fault = await happen(id);
    const backAt = new Date();
    await sleep(2_000);
    isOver = true;
    await Promise.all(work);
    await fault.heal();

    expect(results.flatMap((result) => result.violations)).toEqual([]);
    expect(results.flatMap((result) => result.nodes.map((node) => node.outcome))).toEqual(
      Array(results.length * nodesPerLane).fill('exited'),
    );
    // Those that Redis's absence could hold up.
    const heldUp = await world.query<{ id: string; status: string; isChange: boolean; endedMs: number }>(heldUpSql, [
      backAt,
    ]);
    expect(heldUp.length).toBeGreaterThanOrEqual(lanes / 2);
    expect(heldUp.filter((run) => run.isChange)).not.toEqual([]);
    // On a busy machine runs that nothing disturbs may take longer than that themselves.
    const boundMs = Math.max(recoveryMsMax, recoveryMsMax / 2 + (undisturbed?.slowestMs ?? 0));
    expect(heldUp.filter((run) => run.status !== 'succeeded' || run.endedMs > boundMs)).toEqual([]);
  },
  480_000,
);

const undisturbedSql = `
  select (max(extract(epoch from finished_at - created_at)) * 1000)::integer as "slowestMs" from runs where created_at > $1`;

const heldUpSql = `
  select id, status, (extract(epoch from finished_at - $1::timestamptz) * 1000)::integer as "endedMs",
    exists (select from approvals where run_id = runs.id) as "isChange"
  from runs where created_at <= $1 and (finished_at is null or finished_at > $1)`;

/** Resolves when Redis is there again. */
async function happen(id: string): Promise<{ heal(): Promise<unknown> }> {
  if (id === 'redis.is-away') {
    await world.redis?.kill();
    await sleep(awayMs);
    await world.redis?.startAgain();
    return { heal: () => Promise.resolve() };
  }
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
