// The orchestrator stands still for longer than it holds its runs, another one takes them over, and the former holder wakes up as if nothing
// had happened: it may change nothing of them. Entered by arm-fault. Starts and stops the other one; watches the former one's line to
// PostgreSQL.
import { setTimeout as sleep } from 'node:timers/promises';
import { beyondLeasePoints, type Fault } from '../cells.ts';
import type { World } from '../world/start-world.ts';
import type { Armed } from './armed-fault.ts';

/** A lease of a run is 30 s; whoever sweeps next has to notice that nobody does. */
const takenWithinMs = 60_000;
/** After it has woken up: to go on with what it was about, and to hear that it may not. */
const awakeMs = 4_000;

interface Held {
  readonly id: string;
  readonly lease_epoch: number;
}

export function armOvertakenOrchestrator(
  fault: Extract<Fault, { kind: 'orchestrator-beyond-lease' }>,
  world: World,
): Armed {
  const seen: string[] = [];
  let overtaking: Promise<void> | null = null;
  /** How many of its runs another one has taken; null: that is not known yet. */
  let taken: number | null = null;
  const stop = () => {
    const pid = world.stack.processes.orchestrator.pid();
    if (pid === null || overtaking !== null) return;
    process.kill(pid, 'SIGSTOP');
    overtaking = overtake(world, pid, (what) => seen.push(what)).then(
      (count) => {
        taken = count;
      },
      (error: unknown) => {
        taken = 0;
        seen.push(`the orchestrator could not be overtaken: ${String(error)}`);
      },
    );
  };
  const statement = fault.point === 'model-asked' ? null : beyondLeasePoints[fault.point];
  const takeAway =
    statement === null
      ? world.onceModelIsAsked(stop)
      : world.postgresOf.orchestrator.set({
          ...{ statement, when: fault.when },
          spring() {
            stop();
            return 'carry';
          },
        });
  return {
    // Nobody may have wanted what it held: then nothing was shown.
    hasFired: () => overtaking !== null && taken !== 0,
    violations: () => seen,
    async heal() {
      takeAway();
      await overtaking;
      await world.stack.processes.orchestrator.whenReady();
    },
  };
}

/** Returns how many runs were taken from it. */
async function overtake(world: World, pid: number, say: (what: string) => void): Promise<number> {
  const former = world.stack.processes.orchestrator;
  const untilMs = performance.now() + takenWithinMs;
  const takeAways: Array<() => void> = [];
  try {
    // Workers are named by host and process.
    const held = await world.query<Held>(`select id, lease_epoch from runs where lease_owner like '%-' || $1::text`, [
      String(pid),
    ]);
    if (held.length === 0) return 0;
    const second = await world.startSecondOrchestrator();
    try {
      const taken = await waitUntilTaken(world, held, untilMs);
      for (const run of taken) {
        const statement = changeUnderLease(run);
        const spring = () => {
          say(
            `a former holder has changed ${run.id} under its lease ${run.lease_epoch}, which another one had taken over`,
          );
          return 'carry' as const;
        };
        takeAways.push(world.postgresOf.orchestrator.set({ statement, when: 'after', spring }));
      }
      former.kill('SIGCONT');
      await sleep(awakeMs);
      return taken.length;
    } finally {
      for (const takeAway of takeAways) takeAway();
      await second.stop();
    }
  } finally {
    former.kill('SIGCONT');
  }
}

/** All of them, or those that are by then. */
async function waitUntilTaken(world: World, held: readonly Held[], untilMs: number): Promise<readonly Held[]> {
  const epochs = new Map(held.map((run) => [run.id, run.lease_epoch]));
  for (;;) {
    const rows = await world.query<Held>('select id, lease_epoch from runs where id = any($1)', [[...epochs.keys()]]);
    const taken = rows.filter(({ id, lease_epoch: epoch }) => epoch > (epochs.get(id) ?? epoch));
    if (taken.length === held.length || performance.now() > untilMs)
      return held.filter(({ id }) => taken.some((run) => run.id === id));
    await sleep(200);
  }
}

/**
 * A transaction that changes a run asks for the lease first, with the run and its epoch as values, one behind the other. It rolls back where
 * the lease is lost, so that one which commits has changed something. To renew a lease, or to let it go, is asked in other words.
 */
function changeUnderLease({ id, lease_epoch: epoch }: Held): RegExp {
  const value = String(epoch);
  const bytes = `\\x00\\x00\\x00\\x0${value.length}`;
  return new RegExp(`(?:hold_run_lease|select 1 from runs where id = \\$1)[^]*${id.toLowerCase()}${bytes}${value}`);
}
