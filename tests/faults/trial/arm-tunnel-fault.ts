// What happens to the tunnel of one lane: it is cut or falls silent at a frame, is slow, or repeats and swaps messages. Entered by
// arm-fault. Touches the tunnel's proxy.
import type { Fault } from '../cells.ts';
import type { Quality } from '../proxies/line-quality.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane } from '../world/start-lane.ts';
import type { Armed } from './armed-fault.ts';
import { atFrame, nthOf } from './at-frame.ts';
import { worsenFor } from './worsen-line.ts';

export function armTunnelAtFrame(
  fault: Extract<Fault, { kind: 'tunnel-at-frame' }>,
  lane: Lane,
  random: SeededRandom,
): Armed {
  const { tunnel } = lane;
  const silentMs = random.between(300, 3_000);
  // Nobody is asked what is known before a connection has been lost.
  if (fault.frame === 'reconciled') tunnel.set({ frame: 'started', nth: 1, spring: () => 'drop' });
  return atFrame(
    lane,
    fault.frame,
    nthOf(fault.frame, lane.nodes.length),
    () => {
      if (fault.how === 'silent') {
        const begin = () => {
          tunnel.setQuality({ kind: 'silent' });
          setTimeout(() => {
            tunnel.cut();
            tunnel.setQuality({ kind: 'good' });
          }, silentMs);
        };
        if (fault.when === 'before') begin();
        else setTimeout(begin, 5);
        return 'carry';
      }
      if (fault.when === 'before') return 'drop';
      setTimeout(() => tunnel.cut(), random.between(0, 20));
      return 'carry';
    },
    async () => {
      tunnel.setQuality({ kind: 'good' });
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

/** Nothing passes any more and nobody is told. What the ends have given up by then is gone with the connection; the next one is good. */
export function fallSilent(line: { setQuality(quality: Quality): void; cut(): unknown }, silentMs: number): 'carry' {
  line.setQuality({ kind: 'silent' });
  setTimeout(() => {
    line.cut();
    line.setQuality({ kind: 'good' });
  }, silentMs);
  return 'carry';
}
