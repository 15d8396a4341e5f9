// In which order the cloud's faults come: those that have not happened yet first, in an order of the seed's; when all have, by weight.
// Entered by pace-cloud-faults. What did not happen is dealt again. Pure.
import type { Cell } from './cells.ts';
import { shuffle } from './plan-trial.ts';
import { seededRandom } from './seeded-random.ts';

/** One whose point is never reached must not keep the others waiting for ever. */
const triesMax = 4;

export interface CloudDealer {
  next(): Cell;
  /** Nothing has set it off. */
  missed(cell: Cell): void;
}

/** `reached`: cells that have happened before, under another backend. */
export function dealCloudFaults(seed: number, cells: readonly Cell[], reached: ReadonlySet<string>): CloudDealer {
  const random = seededRandom(seed, 'cloud');
  const waiting = shuffle(
    cells.filter(({ id }) => !reached.has(id)),
    random,
  );
  const tries = new Map<string, number>();
  return {
    next() {
      const cell = waiting.shift() ?? random.pickWeighted(cells);
      tries.set(cell.id, (tries.get(cell.id) ?? 0) + 1);
      return cell;
    },
    missed(cell) {
      if ((tries.get(cell.id) ?? 0) < triesMax) waiting.push(cell);
    },
  };
}
