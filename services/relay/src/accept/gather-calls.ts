// When thousands of satellites come at once, what each of them asks of PostgreSQL is asked for many together. Entered by who serves
// tunnels. Holds the questions of one batch.

/**
 * `work` answers in the order of its keys. Calls that come while a batch is under way make the next one. A batch that fails is asked
 * again one by one, so that nobody fails for another.
 */
export function gatherCalls<Key, Answer>(
  keysMax: number,
  work: (keys: readonly Key[]) => Promise<readonly Answer[]>,
): (key: Key) => Promise<Answer> {
  type Call = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  let waiting: Call[] = [];
  let isWorking = false;

  async function workOff(): Promise<void> {
    // One turn of the event loop lets what arrived together be asked together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const batch = waiting.slice(0, keysMax);
      waiting = waiting.slice(keysMax);
      await settle(batch);
    }
    isWorking = false;
  }

  async function settle(batch: readonly Call[]): Promise<void> {
    try {
      const answers = await work(batch.map((call) => call.key));
      for (const [index, call] of batch.entries()) call.resolve(answers[index] as Answer);
    } catch (error) {
      if (batch.length === 1) batch[0]?.reject(error);
      else for (const call of batch) await settle([call]);
    }
  }

  return (key) =>
    new Promise((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (isWorking) return;
      isWorking = true;
      void workOff();
    });
}
