// Whose time counts: a satellite whose clock is far from its relay's takes no work. Entered by the runtime with every time that the
// relay tells. Memory only.
//
// A time that is read late makes this clock look ahead, and on a machine with too much to do it is read late. So nothing is said of a clock
// that being late explains as well. Being behind can't come of it.
import type { Logger } from '@sena/telemetry/logger';
import { clockSkewMsMax } from './receive-dispatch.ts';

export type RelayClock = {
  /** With the welcome. `askedAtMs`: by `performance.now()`, when it was asked for: the relay had not told its time before. */
  take(timeMs: number, askedAtMs: number): void;
  /** While a connection lasts: clocks are set right, and machines sleep. What has changed is logged. */
  measureAgain(timeMs: number): void;
  /** null: the clocks of satellite and relay agree as far as can be told, or nobody has told a time yet. */
  problem(): string | null;
};

/** What the relay's clock was ahead of `performance.now()` when it was read, and what it may have been ahead of that: its way here took time. */
type Told = { leadMs: number; underWayMsMax: number };

/** Of the last two one was read in time. */
const toldMax = 2;

export function createRelayClock(logger: Logger): RelayClock {
  let told: Told[] = [];

  /** How far this clock is ahead: at least and at most. */
  function bounds(): { least: number; most: number } {
    const aheadOf = (leadMs: number) => Math.round(Date.now() - performance.now() - leadMs);
    const soonest = Math.max(...told.map(({ leadMs }) => leadMs));
    const latest = Math.min(...told.map(({ leadMs, underWayMsMax }) => leadMs + underWayMsMax));
    const isBounded = Number.isFinite(latest);
    // One alone may have been under way for any time; of two, the one that was read sooner was not.
    const most = aheadOf(soonest);
    if (!isBounded) return { least: told.length < toldMax ? Number.NEGATIVE_INFINITY : most, most };
    return { least: Math.min(most, aheadOf(latest)), most };
  }

  function problem(): string | null {
    if (told.length === 0) return null;
    const { least, most } = bounds();
    if (least > clockSkewMsMax) return sentence(least, 'ahead of');
    if (most < -clockSkewMsMax) return sentence(-most, 'behind');
    return null;
  }

  return {
    problem,
    take(timeMs, askedAtMs) {
      const nowMs = performance.now();
      told = [{ leadMs: timeMs - nowMs, underWayMsMax: nowMs - askedAtMs }];
    },
    measureAgain(timeMs) {
      const before = problem();
      told = [...told, { leadMs: timeMs - performance.now(), underWayMsMax: Number.POSITIVE_INFINITY }].slice(-toldMax);
      const now = problem();
      if (before !== null && now === null) logger.info('the clocks of satellite and relay agree again');
      if (before === null && now !== null)
        logger.error({ code: 'clock_skew' }, `${now} Until then no work is accepted.`);
    },
  };
}

function sentence(skewMs: number, direction: 'ahead of' | 'behind'): string {
  return `The satellite's clock is ${Math.round(skewMs / 1_000)} s ${direction} the relay's. Set it right (NTP).`;
}
