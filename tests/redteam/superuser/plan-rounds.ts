// Which attacks are made, under which setting: of techniques by their weight, and each of them before any comes again. Entered by
// attack-as-superuser. Pure: the same seed gives the same plan.
import { type SeededRandom, seededRandom } from '../../faults/seeded-random.ts';
import { type Setting, settings } from './settings.ts';
import type { Technique } from './technique.ts';
import { techniques } from './techniques.ts';

const attacksARound = 26;
const silentARound = 8;

export interface Planned {
  readonly n: number;
  readonly technique: Technique;
  readonly random: SeededRandom;
}

export interface Round {
  readonly setting: Setting;
  readonly planned: Planned[];
}

/** `attacks`: so many in all. */
export function planRounds(seed: number, attacks: number): Round[] {
  const random = seededRandom(seed, 'plan');
  const shuffled = <T>(items: readonly T[]): T[] =>
    items
      .map((item) => ({ item, at: random.fraction() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  let deck: Technique[] = shuffled(techniques);
  const deal = (): Technique => {
    const next = deck.pop();
    if (next !== undefined) return next;
    deck = shuffled(techniques.flatMap((technique) => Array.from({ length: technique.weight }, () => technique)));
    return deal();
  };
  const rounds: Round[] = [];
  let left: Setting[] = [];
  for (let n = 0; n < attacks; ) {
    if (left.length === 0) left = [...shuffled(settings.slice(1)), ...settings.slice(0, 1)];
    const setting = left.pop() as Setting;
    const size = Math.min(setting.isSilent === true ? silentARound : attacksARound, attacks - n);
    const planned = Array.from({ length: size }, (_, index) => ({
      n: n + index,
      technique: deal(),
      random: seededRandom(seed, 'attack', n + index),
    }));
    rounds.push({ setting, planned });
    n += size;
  }
  return rounds;
}
