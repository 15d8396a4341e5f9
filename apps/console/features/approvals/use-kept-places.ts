// The rows of a list, each in the place where it was first shown, until the person asks for the list anew.
import { useState } from 'react';
import { keepPlaces, type Places } from './keep-places.ts';

interface Kept<Row extends { id: string }> extends Places<Row> {
  from: readonly Row[] | undefined;
}

export function useKeptPlaces<Row extends { id: string }>(
  rows: readonly Row[] | undefined,
): Places<Row> & { renew: () => void } {
  const [kept, setKept] = useState<Kept<Row>>({ from: undefined, shown: [], newer: 0 });
  let current = kept;
  if (rows !== undefined && rows !== kept.from) {
    current = { from: rows, ...keepPlaces(kept.shown, rows) };
    setKept(current);
  }
  const renew = () => setKept({ from: rows, shown: [...(rows ?? [])], newer: 0 });
  return { shown: current.shown, newer: current.newer, renew };
}
