// The carriers' rhythm: looks when it is told to and when the clock says so, one look at a time, again at once while there is more.
// Where only somebody has come, it looks for those alone: thousands come in the same moment, and to look for all of them at each
// arrival would be their square. A look that fails waits for the clock. Touches nothing itself.

export interface Looking<Arrival> {
  /** There may be something for anybody: looks soon. */
  look(): void;
  /** Somebody has come: looks soon for that one, with those that came in the same moment. */
  lookFor(arrival: Arrival): void;
  stop(): Promise<void>;
}

/** `lookOnce`: for everybody, or for those only who have come since the last look. */
export function keepLooking<Arrival>(
  pollMs: number,
  lookOnce: (whom: 'everybody' | readonly Arrival[]) => Promise<'more' | 'all'>,
  failed: (error: unknown) => void,
): Looking<Arrival> {
  let isStopped = false;
  let isWanted = false;
  let arrivals: Arrival[] = [];
  let looking: Promise<void> | null = null;
  const timer = setInterval(look, pollMs);

  function look(): void {
    isWanted = true;
    begin();
  }

  function lookFor(arrival: Arrival): void {
    arrivals.push(arrival);
    begin();
  }

  function begin(): void {
    if (isStopped) return;
    looking ??= lookWhileWanted().finally(() => {
      looking = null;
      if (isWanted || arrivals.length > 0) begin();
    });
  }

  async function lookWhileWanted(): Promise<void> {
    while ((isWanted || arrivals.length > 0) && !isStopped) {
      const whom = isWanted ? 'everybody' : arrivals;
      isWanted = false;
      arrivals = [];
      try {
        if ((await lookOnce(whom)) === 'more') isWanted = true;
      } catch (error) {
        isWanted = false;
        failed(error);
      }
    }
  }

  return {
    look,
    lookFor,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}
