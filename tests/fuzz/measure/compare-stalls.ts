// Tells a stall of the program from one of the machine: by an idle process that was measured at the same time, and by what the thread
// itself computed meanwhile. Pure.

export interface LoopSample {
  /** When the window ended, milliseconds since 1970. */
  readonly atMs: number;
  readonly stallMs: number;
  /** Of the longest gap: how long the main thread was on a processor. */
  readonly cpuMs: number;
  readonly rssBytes: number;
}

export interface StallVerdict {
  readonly longest: { readonly stallMs: number; readonly cpuMs: number; readonly controlMs: number };
  /** The longest by which it stood still beyond the idle process. */
  readonly differenceMs: number;
  /** The longest gap for which the program can answer: beyond the idle process, and no longer than its thread computed. */
  readonly ownMs: number;
  readonly windows: number;
  readonly firstRssBytes: number;
  readonly peakRssBytes: number;
  readonly lastRssBytes: number;
}

const windowMs = 250;

export function compareStalls(samples: readonly LoopSample[], control: readonly LoopSample[]): StallVerdict {
  let longest = { stallMs: 0, cpuMs: 0, controlMs: 0 };
  let differenceMs = 0;
  let ownMs = 0;
  for (const { atMs, stallMs, cpuMs } of samples) {
    const meanwhile = control.filter(
      (sample) => sample.atMs >= atMs - stallMs - windowMs && sample.atMs <= atMs + 2 * windowMs,
    );
    const controlMs = Math.max(0, ...meanwhile.map((sample) => sample.stallMs));
    if (stallMs > longest.stallMs) longest = { stallMs, cpuMs, controlMs };
    differenceMs = Math.max(differenceMs, stallMs - controlMs);
    ownMs = Math.max(ownMs, Math.min(stallMs - controlMs, cpuMs));
  }
  const sizes = samples.map((sample) => sample.rssBytes);
  return {
    longest,
    differenceMs,
    ownMs,
    windows: samples.length,
    firstRssBytes: sizes[0] ?? 0,
    peakRssBytes: Math.max(0, ...sizes),
    lastRssBytes: sizes.at(-1) ?? 0,
  };
}
