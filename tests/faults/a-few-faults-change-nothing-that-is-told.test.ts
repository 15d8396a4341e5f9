// The short part of the harness: faults that were chosen, each at its point, in one world. `pnpm faults` draws them by thousands.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellsFor } from './cells.ts';
import { seededRandom } from './seeded-random.ts';
import { type KindName, kinds } from './trial/command-kinds.ts';
import { judgeAudit } from './trial/judge-audit.ts';
import { judgeRevisions } from './trial/judge-revisions.ts';
import { runTrial } from './trial/run-trial.ts';
import type { TrialResult } from './trial/trial-result.ts';
import { type RunWatcher, watchRuns } from './trial/watch-runs.ts';
import { startWorld, type World } from './world/start-world.ts';

type Chosen = [kind: KindName, ...cells: string[]];

/** One list a lane: what stands in one list happens one after the other. Those that mostly wait stand in different ones. */
const chosen: Chosen[][] = [
  [
    ['background', 'signer.kill.after-commit.sign'],
    ['silent', 'gateway.kill.after-commit.create-run'],
    ['exits-255', 'satellite.kill.before-frame.outcome-ack'],
    ['read-small', 'tunnel.repeat'],
    ['exits-255', 'node.loses-power.ended'],
  ],
  [
    ['read-small', 'tunnel.swap'],
    ['read-small', 'client.cut.answer.create-run'],
    ['exits-255', 'relay.kill.before-commit.record-results'],
    ['background', 'none'],
    ['silent', 'postgres.restarts'],
  ],
  [
    ['silent', 'satellite.kill.after-commit.starting'],
    ['silent', 'satellite.power-loss.after-commit.accept'],
    ['silent', 'satellite.clock.ahead'],
    ['silent', 'satellite.restarts.started'],
  ],
  [
    ['signalled', 'tunnel.cut.before-frame.outcome-ack'],
    ['chatty', 'relay.kill.before-commit.record-output'],
    ['silent', 'orchestrator.kill.after-commit.write-dispatches'],
    ['read-large', 'ssh.cut.running', 'tunnel.cut.after-frame.dispatch'],
  ],
  // Two satellites.
  [
    ['read-small', 'pair.kill.before-send'],
    ['silent', 'pair.kill.started'],
    ['silent', 'pair.stop.dispatch-ack'],
  ],
];

/** From the start of the world to the last look: a person waits for it in every `npm test`. */
const boundMs = 180_000;

let world: World;
let watcher: RunWatcher;
let startedAtMs: number;
const results: TrialResult[] = [];

beforeAll(async () => {
  startedAtMs = performance.now();
  world = await startWorld({
    backend: 'postgres',
    lanes: chosen.length,
    pairedLanes: 1,
    nodesPerLane: 2,
    say: () => undefined,
  });
  watcher = watchRuns(world.query);
}, 240_000);
afterAll(async () => {
  watcher?.stop();
  await world?.stop();
}, 60_000);

describe('faults at chosen points', () => {
  it(
    'leave every outcome true: nothing runs twice, nothing is lost, nothing is guessed',
    async () => {
      await Promise.all(chosen.map((list, lane) => runList(list, lane)));
      expect(
        results.flatMap(({ plan, violations }) => violations.map((what) => `${plan.cells[0]?.id}: ${what}`)),
      ).toEqual([]);
    },
    boundMs,
  );

  it('have all happened', () => {
    const asked = chosen.flat().flatMap(([, ...cells]) => cells);
    const fired = results.flatMap((result) => result.fired.map((cell) => cell.id));
    expect(fired.toSorted()).toEqual(asked.toSorted());
  });

  it('are told as what they are', () => {
    // The guard tells what became of it, or makes sure that it never begins; on a plain node nobody can know of what had its
    // `starting` on disk, and what had not runs after the restart.
    const [guarded, plain] = outcomesOf('satellite.kill.after-commit.starting');
    expect(['exited', 'not_started']).toContain(guarded);
    expect(['unknown', 'exited']).toContain(plain);
    expect(outcomesOf('satellite.power-loss.after-commit.accept')).toEqual(['exited', 'exited']);
    expect(outcomesOf('satellite.clock.ahead')).toEqual(['not_started', 'not_started']);
    expect(outcomesOf('node.loses-power.ended')).toEqual(['exited', 'exited']);
    expect(outcomesOf('none')).toEqual(['exited', 'exited']);
  });

  it('are told the same, or more, when everything is over', async () => {
    expect(await judgeRevisions(world, results)).toEqual([]);
  }, 90_000);

  it('leave an audit chain without a gap, in which each effect has an earlier intent', async () => {
    const audit = await judgeAudit(world, results);
    expect(audit.violations).toEqual([]);
    expect(audit.effects).toBeGreaterThan(15);
  }, 90_000);

  it('take no longer than three minutes, all of them together', () => {
    expect(performance.now() - startedAtMs).toBeLessThan(boundMs);
  });
});

async function runList(list: readonly Chosen[], laneIndex: number): Promise<void> {
  const lane = world.lanes[laneIndex];
  if (lane === undefined) throw new Error(`there is no lane ${laneIndex}`);
  for (const [step, [kind, ...ids]] of list.entries()) {
    const cells = ids.map((id) => {
      const found = cellsFor('postgres').find((cell) => cell.id === id);
      if (found === undefined) throw new Error(`there is no cell ${id}`);
      return found;
    });
    const index = laneIndex * 100 + step;
    const plan = {
      index,
      series: laneIndex === chosen.length - 1 ? ('paired' as const) : ('single' as const),
      cells,
      kind: kinds[kind],
      random: seededRandom(1, 'chosen', index),
    };
    results.push(await runTrial(plan, lane, world, watcher));
  }
}

function outcomesOf(cellId: string): unknown[] {
  const result = results.find(({ plan }) => plan.cells.some((cell) => cell.id === cellId));
  return result?.nodes.map((node) => node.outcome) ?? [];
}
