// What may happen to a line between two processes: it is cut, says nothing, is slow or narrow, and is healed. Entered by the arming of
// faults. Touches one proxy.
import type { TcpProxy } from '../proxies/start-tcp-proxy.ts';
import type { SeededRandom } from '../seeded-random.ts';

type Line = Pick<TcpProxy, 'setQuality'>;

/** For a while; what is slow for ever only makes the trial long. */
export function worsenFor(line: Line, how: 'slow' | 'narrow', random: SeededRandom): NodeJS.Timeout {
  line.setQuality(
    how === 'slow'
      ? { kind: 'slow', delayMs: random.between(50, 500) }
      : { kind: 'narrow', bytesPerSecond: random.between(20_000, 2_000_000) },
  );
  return setTimeout(() => line.setQuality({ kind: 'good' }), random.between(1_000, 4_000));
}

export function worsenLine(
  proxy: { setQuality: TcpProxy['setQuality']; cut(): unknown },
  how: 'cut' | 'silent' | 'slow' | 'narrow',
  random: SeededRandom,
): { act(): void; heal(): Promise<void> } {
  const silentMs = random.between(300, 3_000);
  const endsInCut = random.chance(0.7);
  let timer: NodeJS.Timeout | undefined;
  return {
    act() {
      if (how === 'cut') {
        proxy.cut();
      } else if (how === 'silent') {
        proxy.setQuality({ kind: 'silent' });
        timer = setTimeout(() => {
          if (endsInCut) proxy.cut();
          proxy.setQuality({ kind: 'good' });
        }, silentMs);
      } else {
        timer = worsenFor(proxy, how, random);
      }
    },
    async heal() {
      clearTimeout(timer);
      proxy.setQuality({ kind: 'good' });
    },
  };
}

/** Nothing passes any more and nobody is told. What the ends have given up by then is gone with the connection; the next one is good. */
export function silence(line: Line & { cut(): unknown }, silentMs: number): { begin(): void; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const end = () => {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    line.cut();
    line.setQuality({ kind: 'good' });
  };
  return {
    begin() {
      line.setQuality({ kind: 'silent' });
      timer = setTimeout(end, silentMs);
    },
    end,
  };
}
