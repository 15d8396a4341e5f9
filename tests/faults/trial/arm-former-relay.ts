// The satellite of a lane moves to another relay, and the former one goes on, or wakes up later. Entered by arm-fault.
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '@sena/testing/eventually';
import type { Lane } from '../world/start-lane.ts';
import { secondRelayId } from '../world/start-second-relay.ts';
import type { World } from '../world/start-world.ts';
import type { Armed } from './armed-fault.ts';

/** Long enough for the former relay to look for work, to report whom it holds, and to hear that this one is not its own. */
const formerRelayMs = 8_000;

/** The satellite moves to another relay. Whatever the former one does, PostgreSQL says that the other one holds it. */
export async function armFormerRelay(how: 'lives-on' | 'wakes-up', lane: Lane, world: World): Promise<Armed> {
  const { tunnel, satellite } = lane;
  const { tunnelUrl } = await world.secondRelay();
  const former = world.stack.processes.relay;
  tunnel.leadTo(tunnelUrl);
  tunnel.abandon();
  if (how === 'wakes-up') former.kill('SIGSTOP');
  const wakes = sleep(2_000).then(() => former.kill('SIGCONT'));
  await eventually(`${satellite.name} has moved`, () => tunnel.isUp(), { timeoutMs: 60_000, everyMs: 50 });
  const movedAtMs = performance.now();
  const atMove = await readAtMove(satellite.name, world);
  const seen = new Set<string>();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      // Of a satellite that went down the relay that holds it says that nobody does.
      const before = { isUp: tunnel.isUp(), starts: satellite.starts() };
      // Not while PostgreSQL is away, which another fault may have seen to.
      const rows = await world
        .query<{ relay_id: string | null }>('select relay_id from satellites where name = $1', [satellite.name])
        .catch(() => []);
      const sent = await world
        .query<{ id: string }>(
          `select d.id from dispatches d join satellites s on s.id = d.satellite_id
           where s.name = $1 and d.sent_epoch < $2`,
          [satellite.name, atMove.epoch],
        )
        .catch(() => []);
      for (const { id } of sent)
        if (!atMove.dispatches.has(id)) seen.add(`${id} was given to a former relay of ${satellite.name}`);
      for (const { relay_id: relayId } of rows) {
        const stayed = before.isUp && tunnel.isUp() && satellite.starts() === before.starts;
        if (relayId !== secondRelayId && (relayId !== null || stayed))
          seen.add(`a former relay has changed who holds ${satellite.name}: ${relayId ?? 'nobody'}`);
      }
      await sleep(100);
    }
  })();
  return {
    hasFired: () => true,
    violations: () => [...seen],
    async heal() {
      await wakes;
      await sleep(Math.max(0, formerRelayMs - (performance.now() - movedAtMs)));
      isOver = true;
      await watching;
      tunnel.leadTo(null);
      tunnel.cut();
    },
  };
}

interface AtMove {
  /** The connection to the second relay, or a later one: what the satellite begins anew after it is the second relay's too. */
  readonly epoch: number;
  /** By their ids: PostgreSQL's clock may be set back meanwhile. */
  readonly dispatches: ReadonlySet<string>;
}

/** Of one moment, as soon as PostgreSQL is there: another fault may have seen to it. */
async function readAtMove(satelliteName: string, world: World): Promise<AtMove> {
  const { epoch, dispatches } = await eventually(
    `PostgreSQL says that the second relay holds ${satelliteName}`,
    async () => {
      const rows = await world.query<{ epoch: string; dispatches: string[] }>(
        `select s.connection_epoch as epoch, array(select d.id::text from dispatches d where d.satellite_id = s.id) as dispatches
         from satellites s where s.name = $1 and s.relay_id = $2`,
        [satelliteName, secondRelayId],
      );
      return rows[0];
    },
    { timeoutMs: 60_000, everyMs: 50 },
  );
  return { epoch: Number(epoch), dispatches: new Set(dispatches) };
}
