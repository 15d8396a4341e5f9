// When thousands of satellites come at once, what each of them asks of PostgreSQL is asked for many together. Entered by who serves
// tunnels. Holds the questions of one batch.
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `work` answers in the order of its keys, which are all of one group. Calls that come while a batch is under way make the next one. A
 * group that fails is asked again one by one, so that nobody fails for another, and no other group is asked again for it: so `work`
 * must have done nothing when it fails. `companyMs`: who comes so soon after a batch is one of a crowd and waits as long for company; one
 * that comes alone waits for nobody.
 */
export function gatherCalls<Key, Answer>(
  keysMax: number,
  work: (keys: readonly Key[]) => Promise<readonly Answer[]>,
  groupOf: (key: Key) => string,
  companyMs = 0,
): (key: Key) => Promise<Answer> {
  type Call = { key: Key; resolve: (answer: Answer) => void; reject: (error: unknown) => void };
  let waiting: Call[] = [];
  let isWorking = false;
  let endedMs = Number.NEGATIVE_INFINITY;

  async function workOff(): Promise<void> {
    while (waiting.length > 0) {
      if (waiting.length < keysMax) await company();
      const batch = waiting.slice(0, keysMax);
      waiting = waiting.slice(keysMax);
      for (const group of Map.groupBy(batch, (call) => groupOf(call.key)).values()) await settle(group);
      endedMs = performance.now();
    }
    isWorking = false;
  }

  /** At least one turn of the event loop lets what arrived together be asked together. */
  function company(): Promise<unknown> {
    const isCrowd = performance.now() - endedMs < companyMs;
    return isCrowd ? sleep(companyMs) : new Promise((resolve) => setImmediate(resolve));
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
