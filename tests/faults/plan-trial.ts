// What one trial does: its kind of command and its faults. Entered by run-faults. The same seed and index give the same plan, whatever ran
// before: its first fault is dealt from a shuffled deck, so that each cell has its turn, and those beside it are drawn by weight. Pure.
import type { Cell } from './cells.ts';
import { type SeededRandom, seededRandom } from './seeded-random.ts';
import { type CommandKind, type KindName, kinds } from './trial/command-kinds.ts';
import type { TrialPlan } from './trial/trial-result.ts';

export interface PlanOptions {
  readonly seed: number;
  /** The only kind of command; where none of the cells fits it, another is drawn. */
  readonly kind?: KindName | undefined;
  readonly faultsATrialMax: number;
}

/** `cells`: those that trials of this series may meet. */
export function planTrial(
  series: TrialPlan['series'],
  index: number,
  cells: readonly Cell[],
  { seed, kind: only, faultsATrialMax }: PlanOptions,
): TrialPlan {
  const wanted = Object.values(kinds).filter(({ name }) => only === undefined || name === only);
  const reachable = cells.filter((cell) => wanted.some((kind) => fits(cell, kind)));
  const first = dealCell(seed, series, index, reachable.length > 0 ? reachable : cells);
  const random = seededRandom(seed, series === 'single' ? 'trial' : 'paired trial', index);
  const kindsOf = (among: readonly CommandKind[]) => among.filter((kind) => fits(first, kind));
  const fitting = kindsOf(wanted);
  const kind = random.pickWeighted(fitting.length > 0 ? fitting : kindsOf(Object.values(kinds)));
  const beside = cells.filter((cell) => fits(cell, kind));
  const count = random.between(1, faultsATrialMax) - 1;
  const drawn = [first, ...Array.from({ length: count }, () => random.pickWeighted(beside))];
  return { index, series, kind, cells: compatible(drawn), random };
}

/** Every cell once, in an order of the seed's, then every cell once more in another. */
function dealCell(seed: number, series: string, index: number, cells: readonly Cell[]): Cell {
  const round = Math.floor(index / cells.length);
  const cell = shuffle(cells, seededRandom(seed, 'deck', series, round))[index % cells.length];
  if (cell === undefined) throw new Error('there is no cell to deal');
  return cell;
}

export function shuffle<T>(items: readonly T[], random: SeededRandom): T[] {
  return items
    .map((item) => ({ item, order: random.fraction() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ item }) => item);
}

/** Whether the point of this fault is ever reached by a command of this kind. */
export function fits({ fault }: Cell, kind: CommandKind): boolean {
  switch (fault.kind) {
    case 'one-of-two':
      return kind.prints || fault.at !== 'output';
    case 'former-assignment':
      // What changes something waits for the satellite it was approved for.
      return kind.isReading;
    case 'client-at-request':
      return fault.request === 'create-run' || !kind.isReading;
    case 'satellite-at-commit':
    case 'satellite-loses-power':
      // That a reading runs is not written down where it ends at once.
      return !kind.isReading || fault.step !== 'running';
    case 'satellite-restarts':
    case 'satellite-at-frame':
    case 'tunnel-at-frame':
    case 'relay-at-frame':
      return kind.prints || (fault.frame !== 'output' && fault.frame !== 'output-ack');
    case 'ssh-line':
    case 'ssh-half-open':
    case 'node-reboots':
      return kind.prints || fault.moment !== 'output';
    case 'node-loses-power':
      // What only reads leaves nothing on a disk, and what never ends no end.
      if (fault.moment === 'ended') return !kind.isReading && kind.name !== 'never-ends';
      return !kind.isReading && (kind.prints || fault.moment !== 'output');
    default:
      return true;
  }
}

/** One fault of a kind a trial: two that use the same lever would undo each other. A fault-free trial has none beside. */
function compatible(cells: readonly Cell[]): Cell[] {
  const [first] = cells;
  if (first === undefined || first.fault.kind === 'none') return cells.slice(0, 1);
  const levers = new Map<string, Cell>();
  for (const cell of cells) {
    const lever = leverOf(cell);
    if (lever !== 'none' && !levers.has(lever)) levers.set(lever, cell);
  }
  return [...levers.values()];
}

function leverOf({ fault }: Cell): string {
  switch (fault.kind) {
    case 'satellite-loses-power':
    case 'satellite-at-commit':
    case 'satellite-restarts':
      return 'commit';
    case 'tunnel-at-frame':
    case 'tunnel-line':
    case 'tunnel-half-open':
    case 'former-relay':
      return 'tunnel';
    case 'one-of-two':
    case 'former-assignment':
      return 'pair';
    case 'client-at-request':
    case 'client-line':
      return 'client';
    case 'ssh-line':
    case 'ssh-half-open':
    case 'ssh-late':
    case 'node-reboots':
    case 'node-loses-power':
      return 'ssh';
    default:
      return fault.kind;
  }
}
