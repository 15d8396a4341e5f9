// What has to be undone so that nothing is left of a benchmark, however it ends. Entered by whoever starts or makes something, and by
// main.ts when it is told to end. Holds what is not undone yet.

const undos: Array<() => Promise<void>> = [];

/** Returns `undo`, which happens once, whoever asks first. */
export function leaveNothing(undo: () => Promise<void>): () => Promise<void> {
  let undone: Promise<void> | null = null;
  const undoOnce = () => {
    undone ??= undo().finally(() => undos.splice(undos.indexOf(undoOnce), 1));
    return undone;
  };
  undos.push(undoOnce);
  return undoOnce;
}

/** The latest first. What can't be undone is told, and holds up nothing. */
export async function undoEverything(): Promise<void> {
  for (const undo of undos.toReversed()) {
    await undo().catch((error: unknown) => console.error('Something of this benchmark may be left:', error));
  }
}
