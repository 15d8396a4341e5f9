// When thousands of satellites come at once, what each of them asks of PostgreSQL is asked for many together. Entered by who serves
// tunnels. Holds the questions of one batch.

/**
 * `work` answers in the order of its keys, which are all of one group. Calls that come while a batch is under way make the next one. A
 * group that fails is asked again one by one, so that nobody fails for another, and no other group is asked again for it: so `work`
 * must have done nothing when it fails.
 */
export function gatherCalls<Key, Answer>(
  keysMax: number,
  work: (keys: readonly Key[]) => Promise<readonly Answer[]>,
  groupOf: (key: Key) => string,
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
      for (const group of Map.groupBy(batch, (call) => groupOf(call.key)).values()) await settle(group);
    }
    isWorking = false;
  }

  async function settle(group: readonly Call[]): Promise<void> {
    try {
      const answers = await work(group.map((call) => call.key));
      for (const [index, call] of group.entries()) call.resolve(answers[index] as Answer);
    } catch (error) {
      if (group.length === 1) group[0]?.reject(error);
      else for (const call of group) await settle([call]);
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
