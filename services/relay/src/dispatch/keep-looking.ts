// The carriers' rhythm: looks when it is told to and when the clock says so, one look at a time, again at once while there is more.
// A look that fails waits for the clock. Touches nothing itself.

export interface Looking {
  /** There may be something: looks soon. */
  look(): void;
  stop(): Promise<void>;
}

export function keepLooking(
  pollMs: number,
  lookOnce: () => Promise<'more' | 'all'>,
  failed: (error: unknown) => void,
): Looking {
  let isStopped = false;
  let isWanted = false;
  let looking: Promise<void> | null = null;
  const timer = setInterval(look, pollMs);

  function look(): void {
    if (isStopped) return;
    isWanted = true;
    looking ??= lookWhileWanted().finally(() => {
      looking = null;
      if (isWanted) look();
    });
  }

  async function lookWhileWanted(): Promise<void> {
    while (isWanted && !isStopped) {
      isWanted = false;
      try {
        if ((await lookOnce()) === 'more') isWanted = true;
      } catch (error) {
        isWanted = false;
        failed(error);
      }
    }
  }

  return {
    look,
    async stop() {
      isStopped = true;
      clearInterval(timer);
      await looking;
    },
  };
}
