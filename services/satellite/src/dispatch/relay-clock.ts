// Whose time counts: a satellite whose clock is far from its relay's takes no work. Entered by the runtime with every time that the
// relay tells. Memory only.
import type { Logger } from '@sena/telemetry/logger';
import { clockSkewMsMax } from './receive-dispatch.ts';

export type RelayClock = {
  /** The relay's time, as it was told just now. */
  take(timeMs: number): void;
  /** The same, while a connection lasts: clocks are set right, and machines sleep. What has changed is logged. */
  measureAgain(timeMs: number): void;
  /** null: the clocks of satellite and relay agree, or nobody has told a time yet. */
  problem(): string | null;
};

export function createRelayClock(logger: Logger): RelayClock {
  let told: { timeMs: number; readAtMs: number } | null = null;

  function take(timeMs: number): void {
    told = { timeMs, readAtMs: performance.now() };
  }

  function problem(): string | null {
    if (told === null) return null;
    const relayNowMs = told.timeMs + (performance.now() - told.readAtMs);
    const skewMs = Math.round(Date.now() - relayNowMs);
    if (Math.abs(skewMs) <= clockSkewMsMax) return null;
    const direction = skewMs > 0 ? 'ahead of' : 'behind';
    return `The satellite's clock is ${Math.round(Math.abs(skewMs) / 1_000)} s ${direction} the relay's. Set it right (NTP).`;
  }

  return {
    take,
    problem,
    measureAgain(timeMs) {
      const before = problem();
      take(timeMs);
      const now = problem();
      if (before !== null && now === null) logger.info('the clocks of satellite and relay agree again');
      if (before === null && now !== null)
        logger.error({ code: 'clock_skew' }, `${now} Until then no work is accepted.`);
    },
  };
}
