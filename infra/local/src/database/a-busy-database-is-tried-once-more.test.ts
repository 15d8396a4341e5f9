import { expect, test } from 'vitest';
import { reachDatabase } from './reach-database.ts';

const tooBusy = () => new Error('the database could not be migrated', { cause: new Error('timeout expired') });

function work(...failures: Error[]) {
  const warned: string[] = [];
  let attempts = 0;
  const done = reachDatabase(
    async () => {
      const failure = failures[attempts];
      attempts += 1;
      if (failure !== undefined) throw failure;
      return 'done';
    },
    { what: 'migrating it', isOurs: true, report: { warn: (line) => warned.push(line) } },
  );
  return { done, warned, attempts: () => attempts };
}

test('a connection that did not come about is tried once more, and said', async () => {
  const { done, warned, attempts } = work(tooBusy());
  expect(await done).toBe('done');
  expect([attempts(), warned]).toEqual([2, [expect.stringMatching(/did not answer in time while migrating it/)]]);
});

test('twice is enough: then it says what to do', async () => {
  const timeout = new Error('Connection terminated due to connection timeout');
  const { done, attempts } = work(timeout, timeout, timeout);
  await expect(done).rejects.toThrow(/run npm start again\. What is there is kept\.$/);
  expect(attempts()).toBe(2);
});

test('what failed for another reason is told as it is, and not repeated', async () => {
  const { done, attempts } = work(new Error('This database was made with another migration.'));
  await expect(done).rejects.toThrow('This database was made with another migration.');
  expect(attempts()).toBe(1);
});
