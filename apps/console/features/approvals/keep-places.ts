// A list that never moves what is on the page: what was shown keeps its place, also when it is decided; older ones that were loaded go to
// the end; newer ones wait until they are asked for. Pure.

interface Placed {
  /** Sorts by creation. */
  id: string;
}

export interface Places<Row extends Placed> {
  shown: Row[];
  /** How many newer ones are not shown. */
  newer: number;
}

export function keepPlaces<Row extends Placed>(shown: readonly Row[], rows: readonly Row[]): Places<Row> {
  const last = shown.at(-1);
  if (last === undefined) return { shown: [...rows], newer: 0 };
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  const known = new Set(shown.map((row) => row.id));
  const unknown = rows.filter((row) => !known.has(row.id));
  const older = unknown.filter((row) => row.id < last.id);
  return {
    shown: [...shown.map((row) => rowOf.get(row.id) ?? row), ...older],
    newer: unknown.length - older.length,
  };
}
