// One of the two satellites of a site goes, before its work is sent to it or with a frame, and is back when the other one has been asked.
// Entered by arm-fault. Touches that satellite's process and tunnel, and the orchestrator's line to PostgreSQL.
import type { Fault } from '../cells.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane } from '../world/start-lane.ts';
import { askOthersAfterMs, type World } from '../world/start-world.ts';
import type { Armed } from './armed-fault.ts';
import { atFrame } from './at-frame.ts';

/** What writes a dispatch for this satellite, in lower case. */
export const dispatchFor = (satelliteId: string) =>
  new RegExp(`insert into dispatches[^]*${satelliteId.toLowerCase()}`);

export async function armOneOfTwo(
  { how, at }: Extract<Fault, { kind: 'one-of-two' }>,
  lane: Lane,
  world: World,
  random: SeededRandom,
): Promise<Armed> {
  if (lane.partner === null) throw new Error(`${lane.name} has one satellite`);
  // Back before it is asked about, or long after.
  const awayMs = random.pick([askOthersAfterMs / 2, askOthersAfterMs * 2, askOthersAfterMs * 4]);
  const delayMs = at === 'before-send' ? 0 : random.between(0, 60);
  let hasFired = false;
  // Whichever of the two is given something first.
  const armed = await Promise.all(
    [lane, lane.partner].map(async ({ satellite, tunnel }) => {
      const go = () => {
        if (how === 'kill') return satellite.kill(awayMs);
        satellite.pause(awayMs);
        // It does not notice; the relay does.
        tunnel.cut();
      };
      if (at === 'before-send') {
        const takeAway = world.postgresOf.orchestrator.set({
          ...{ statement: dispatchFor(await idOf(satellite.name, world)), when: 'before' },
          spring() {
            if (!hasFired) go();
            hasFired = true;
            return 'carry';
          },
        });
        return {
          heal: async (): Promise<void> => {
            takeAway();
          },
        };
      }
      return atFrame({ tunnel }, at, 1, () => {
        if (hasFired) return 'carry';
        hasFired = true;
        if (at === 'result') {
          go();
          return 'drop';
        }
        setTimeout(go, delayMs);
        return 'carry';
      });
    }),
  );
  return {
    hasFired: () => hasFired,
    async heal() {
      await Promise.all(armed.map(({ heal }) => heal()));
    },
  };
}

export async function idOf(satelliteName: string, world: World): Promise<string> {
  const [row] = await world.query<{ id: string }>('select id from satellites where name = $1', [satelliteName]);
  if (row === undefined) throw new Error(`${satelliteName} is not enrolled`);
  return row.id;
}
