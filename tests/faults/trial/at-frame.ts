// A fault of one lane that comes with a frame of its tunnel. Entered by the arming of faults. Sets a trap in the tunnel's proxy.
import type { Moment } from '../cells.ts';
import type { FrameName } from '../proxies/start-tunnel-proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';
import type { Lane } from '../world/start-lane.ts';
import type { Armed } from './armed-fault.ts';

/** One result, one acknowledgement a node: after the last, nothing is under way. */
export function nthOf(frame: FrameName, nodeCount: number): number {
  return frame === 'result' || frame === 'outcome-ack' ? nodeCount : 1;
}

export function atFrame(
  lane: Pick<Lane, 'tunnel'>,
  frame: FrameName,
  nth: number,
  spring: () => 'carry' | 'drop',
  heal: () => Promise<void> = async () => undefined,
): Armed {
  let hasFired = false;
  const takeAway = lane.tunnel.set({
    ...{ frame, nth },
    spring() {
      hasFired = true;
      return spring();
    },
  });
  return {
    hasFired: () => hasFired,
    async heal() {
      takeAway();
      await heal();
    },
  };
}

export function atMoment(
  moment: Moment,
  lane: Lane,
  random: SeededRandom,
  act: () => void,
  heal: () => Promise<void>,
): Armed {
  const delayMs = { connecting: random.between(0, 60), running: random.between(0, 400), output: random.between(0, 60) }[
    moment
  ];
  let timer: NodeJS.Timeout | undefined;
  const frame = ({ connecting: 'dispatch', running: 'started', output: 'output' } as const)[moment];
  return atFrame(
    lane,
    frame,
    1,
    () => {
      timer = setTimeout(act, delayMs);
      return 'carry';
    },
    async () => {
      clearTimeout(timer);
      await heal();
    },
  );
}
