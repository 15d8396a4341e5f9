import { afterEach, expect, test } from 'vitest';
import { keepLooking, type Looking } from './keep-looking.ts';

let looking: Looking<string>;
let answered: Array<() => void>;
afterEach(async () => {
  for (const answer of answered) answer();
  await looking.stop();
});

/** Whoever is looked for; each look waits until it is told to end. */
function start(pollMs = 600_000): Array<'everybody' | readonly string[]> {
  const looks: Array<'everybody' | readonly string[]> = [];
  answered = [];
  looking = keepLooking<string>(
    pollMs,
    async (whom) => {
      looks.push(whom);
      await new Promise<void>((resolve) => answered.push(resolve));
      return 'all';
    },
    () => undefined,
  );
  return looks;
}

async function endLook(): Promise<void> {
  answered.shift()?.();
  await new Promise((resolve) => setImmediate(resolve));
}

test('those that come during a look are looked for together, and nobody else with them', async () => {
  const looks = start();
  looking.lookFor('a');
  looking.lookFor('b');
  looking.lookFor('c');
  await endLook();
  await endLook();
  expect(looks).toEqual([['a'], ['b', 'c']]);
});

test('a look for everybody is one for those that have just come', async () => {
  const looks = start();
  looking.look();
  looking.lookFor('a');
  looking.look();
  await endLook();
  await endLook();
  expect(looks).toEqual(['everybody', 'everybody']);
});

test('where there is more than one look takes, everybody is looked for again', async () => {
  const looks: unknown[] = [];
  answered = [];
  looking = keepLooking<string>(
    600_000,
    async (whom) => {
      looks.push(whom);
      return looks.length < 3 ? 'more' : 'all';
    },
    () => undefined,
  );
  looking.lookFor('a');
  await new Promise((resolve) => setImmediate(resolve));
  expect(looks).toEqual([['a'], 'everybody', 'everybody']);
});
