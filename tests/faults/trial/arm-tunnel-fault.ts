// What happens to the tunnel of one lane: it is cut or falls silent at a frame, is slow, or repeats and swaps messages. Entered by
// arm-fault. Touches the tunnel's proxy.
import type { Fault } from '../cells.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane } from '../world/start-lane.ts';
import type { Armed } from './armed-fault.ts';
import { atFrame, nthOf } from './at-frame.ts';
import { silence, worsenFor } from './worsen-line.ts';

export function armTunnelAtFrame(
  fault: Extract<Fault, { kind: 'tunnel-at-frame' }>,
  lane: Lane,
  random: SeededRandom,
): Armed {
  const { tunnel } = lane;
  const silent = silence(tunnel, random.between(300, 3_000));
  // Nobody is asked what is known before a connection has been lost.
  const takeAway =
    fault.frame === 'reconciled' ? tunnel.set({ frame: 'started', nth: 1, spring: () => 'drop' }) : () => undefined;
  return atFrame(
    lane,
    fault.frame,
    nthOf(fault.frame, lane.nodes.length),
    () => {
      if (fault.how === 'silent') {
        if (fault.when === 'before') silent.begin();
        else setTimeout(silent.begin, 5);
        return 'carry';
      }
      if (fault.when === 'before') return 'drop';
      setTimeout(() => tunnel.cut(), random.between(0, 20));
      return 'carry';
    },
    async () => {
      takeAway();
      silent.end();
    },
  );
}

export function armTunnelLine(
  how: 'slow' | 'narrow' | 'repeat' | 'swap',
  { tunnel }: Lane,
  random: SeededRandom,
): Armed {
  if (how === 'repeat' || how === 'swap') {
    const end = tunnel.mix(how, random.between(1, 12));
    let mixed = 0;
    return {
      hasFired: () => mixed > 0,
      async heal() {
        mixed = end();
      },
    };
  }
  const timer = worsenFor(tunnel, how, random);
  return {
    hasFired: () => true,
    async heal() {
      clearTimeout(timer);
      tunnel.setQuality({ kind: 'good' });
    },
  };
}
