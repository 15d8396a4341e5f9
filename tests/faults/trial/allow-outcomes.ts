// What may be said of one node after the faults that happened: those that struck another node excuse nothing here. Entered by run-trial. Pure.
import { reasonsOf } from '../allowed-reasons.ts';
import type { Cell, Mode } from '../cells.ts';
import type { CommandKind } from './command-kinds.ts';

export interface Struck {
  readonly cell: Cell;
  /** The one node that it struck; null: whatever its satellite does. */
  readonly node: string | null;
}

export interface Allowed {
  /** Why nobody can know, and the reasons that say so; null: somebody can. */
  readonly unknown: { readonly why: string; readonly reasons: ReadonlySet<string> } | null;
  readonly notStarted: ReadonlySet<string>;
  /** Its end may be known without all that it printed: where nothing on the node keeps it, the connection may break between the two. */
  readonly cutOutput: boolean;
}

export function allowOutcomes(
  fired: readonly Struck[],
  kind: Pick<CommandKind, 'isReading'>,
  mode: Mode,
  node: string,
): Allowed {
  const cells = fired.filter((fault) => fault.node === null || fault.node === node).map(({ cell }) => cell);
  const why = whyUnknown(cells, kind, mode);
  const reasons = cells.map(({ fault }) => reasonsOf(fault));
  const unknown = why === null ? null : { why, reasons: new Set(reasons.flatMap((each) => each.unknown)) };
  return {
    unknown,
    cutOutput: mode !== 'guarded' && unknown !== null && reasons.some(({ cutsOutput }) => cutsOutput === true),
    notStarted: new Set(reasons.flatMap(({ notStarted }) => notStarted)),
  };
}

/** Two that each lose a reading leave it no third attempt, and a wrong clock no second. */
function whyUnknown(cells: readonly Cell[], kind: Pick<CommandKind, 'isReading'>, mode: Mode): string | null {
  const losing = cells.filter((cell) => cell.unknown.plain !== null).length;
  const isClockWrong = cells.some((cell) => cell.fault.kind === 'satellite-clock');
  if (kind.isReading && (losing > 1 || (losing > 0 && isClockWrong)))
    return 'both attempts of a reading may have been lost';
  return cells.map((cell) => cell.unknown[mode]).find((each) => each !== null) ?? null;
}
