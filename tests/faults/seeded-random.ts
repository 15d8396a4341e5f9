// Every choice of the harness comes from here: the same seed and the same words give the same choices. Pure.
import { createHash } from 'node:crypto';

export interface SeededRandom {
  /** From 0 up to, not including, 1. */
  fraction(): number;
  /** Whole, both ends included. */
  between(from: number, to: number): number;
  pick<T>(choices: readonly T[]): T;
  /** By weight: twice the weight, twice as often. */
  pickWeighted<T extends { readonly weight: number }>(choices: readonly T[]): T;
  chance(probability: number): boolean;
}

/** `words` tell the streams of one seed apart: what one trial draws does not depend on what others drew. */
export function seededRandom(seed: number, ...words: ReadonlyArray<string | number>): SeededRandom {
  let state = createHash('sha256')
    .update(JSON.stringify([seed, ...words]))
    .digest()
    .readUInt32LE(0);
  function fraction(): number {
    // mulberry32
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }
  const between = (from: number, to: number) => from + Math.floor(fraction() * (to - from + 1));
  function pick<T>(choices: readonly T[]): T {
    const chosen = choices[between(0, choices.length - 1)];
    if (chosen === undefined) throw new Error('there is nothing to choose from');
    return chosen;
  }
  return {
    fraction,
    between,
    pick,
    pickWeighted(choices) {
      let left = fraction() * choices.reduce((sum, choice) => sum + choice.weight, 0);
      for (const choice of choices) {
        left -= choice.weight;
        if (left < 0) return choice;
      }
      return pick(choices);
    },
    chance: (probability) => fraction() < probability,
  };
}
