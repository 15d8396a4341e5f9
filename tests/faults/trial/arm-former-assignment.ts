// Work moves from one satellite of a site to the other and back before it was sent, and what was signed for its first assignment is delivered
// behind the present one, as somebody who kept it could: a relay, or whoever has its credentials. Entered by arm-fault. Touches both tunnels and
// the lines to the nodes.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane, TunnelledSatellite } from '../world/start-lane.ts';
import type { World } from '../world/start-world.ts';
import { dispatchFor, idOf } from './arm-one-of-two.ts';
import type { Armed } from './armed-fault.ts';

/** Nobody listens there. */
const nowhere = 'ws://127.0.0.1:1/v1/tunnel';
/** Before its work begins a satellite has to connect: for so long both assignments are there, and nothing has begun. */
const connectingMs = 600;
const slow = { kind: 'slow', delayMs: 60 } as const;
/** What has not happened by then will not: both are let back. */
const awayMsMax = 15_000;

interface Side extends TunnelledSatellite {
  readonly id: string;
}

export async function armFormerAssignment(lane: Lane, world: World): Promise<Armed> {
  if (lane.partner === null) throw new Error(`${lane.name} has one satellite`);
  const sides: Side[] = await Promise.all(
    [lane, lane.partner].map(async (side) => ({ ...side, id: await idOf(side.satellite.name, world) })),
  );
  const older = new Set((await world.query<{ id: string }>('select id from dispatches')).map(({ id }) => id));
  const takeAways: Array<() => unknown> = [];
  const line = world.postgresOf.orchestrator;
  let isOver = false;
  let hasFired = false;
  let keeping: Promise<void> = Promise.resolve();
  let former: { id: string; jws: string } | null = null;

  const leave = ({ tunnel }: Side) => {
    tunnel.leadTo(nowhere);
    tunnel.cut();
    // A trial ends with its run, and a run with its satellites.
    const timer = setTimeout(() => tunnel.leadTo(null), awayMsMax);
    takeAways.push(() => clearTimeout(timer));
  };

  for (const first of sides) {
    const other = sides.find((side) => side !== first) as Side;
    const takeAway = line.set({
      ...{ statement: dispatchFor(first.id), when: 'before' },
      spring() {
        for (const away of takeAways.splice(0)) away();
        leave(first);
        keeping = keepFirstAssignment(first);
        // It is given to the other one, which has left as well by the time it could be sent there.
        takeAways.push(
          line.set({
            ...{ statement: new RegExp(`reassign_dispatch[^]*${other.id.toLowerCase()}`), when: 'before' },
            spring() {
              leave(other);
              first.tunnel.leadTo(null);
              takeAways.push(replayBehindNext(first, () => other.tunnel.leadTo(null)));
              return 'carry';
            },
          }),
        );
        return 'carry';
      },
    });
    takeAways.push(takeAway);
  }

  /** What the signer has made of it, before it moves. */
  async function keepFirstAssignment({ id }: Side): Promise<void> {
    const untilMs = performance.now() + awayMsMax;
    while (former === null && !isOver && performance.now() < untilMs) {
      const rows = await world.query<{ id: string; jws: string }>(
        `select d.id, e.jws from dispatches d join dispatch_envelopes e on e.dispatch_id = d.id
         where d.satellite_id = $1 and d.assignment_epoch = 1 and d.sent_at is null`,
        [id],
      );
      former = rows.find((row) => !older.has(row.id)) ?? null;
      await sleep(10);
    }
  }

  function replayBehindNext({ tunnel }: Side, done: () => void): () => void {
    return tunnel.set({
      ...{ frame: 'dispatch', nth: 1 },
      spring() {
        done();
        if (former === null) return 'carry';
        hasFired = true;
        holdUpConnecting();
        return { behind: [{ t: 'dispatch', dispatchId: former.id, envelope: former.jws, traceparent: null }] };
      },
    });
  }

  function holdUpConnecting(): void {
    const lines = lane.nodes.map(({ ssh }) => ssh);
    for (const ssh of lines) {
      ssh.cut();
      ssh.setQuality(slow);
    }
    const makeGood = () => {
      for (const ssh of lines) ssh.setQuality({ kind: 'good' });
    };
    const timer = setTimeout(makeGood, connectingMs);
    takeAways.push(() => {
      clearTimeout(timer);
      makeGood();
    });
  }

  return {
    hasFired: () => hasFired,
    async heal() {
      isOver = true;
      for (const takeAway of takeAways) takeAway();
      await keeping;
      for (const { tunnel } of sides) tunnel.leadTo(null);
    },
  };
}
