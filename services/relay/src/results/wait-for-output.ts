// How long a result waits for output that is missing: a tunnel that is opened anew sends everything that is not acknowledged, and what has not
// come after three of them will never come. Entered by record-batch, which waits, and by the recorder, which knows of output that nobody can
// store. Memory only.

const waitsMax = 3;

interface Attempt {
  readonly executionId: string;
  readonly attempt: number;
}

export interface OutputWaits {
  mayWait(result: Attempt): boolean;
  /** It is not recorded yet, once more. */
  waitsAgain(result: Attempt): void;
  /** Nothing will come. */
  giveUp(result: Attempt): void;
  /** It is recorded. True: it had waited. */
  end(result: Attempt): boolean;
}

export function createOutputWaits(): OutputWaits {
  const waited = new Map<string, number>();
  const keyOf = ({ executionId, attempt }: Attempt) => `${executionId} ${attempt}`;
  return {
    mayWait: (result) => (waited.get(keyOf(result)) ?? 0) < waitsMax,
    waitsAgain(result) {
      waited.set(keyOf(result), (waited.get(keyOf(result)) ?? 0) + 1);
    },
    giveUp(result) {
      waited.set(keyOf(result), waitsMax);
    },
    end: (result) => waited.delete(keyOf(result)),
  };
}
