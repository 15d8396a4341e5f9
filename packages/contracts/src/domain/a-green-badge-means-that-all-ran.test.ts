// A run is called succeeded where every execution ran to an end that was seen, a person's command with 0, and nowhere else.
import { expect, test } from 'vitest';
import type { Run } from '../http/runs.ts';
import { judgeRun, verdictWords } from './judge-run.ts';
import { runStatusSchema } from './run.ts';

const none = { total: 0, exitedZero: 0, exitedNonZero: 0, notStarted: 0, unknown: 0, pending: 0 };
const run = (counts: Partial<Run['counts']>, status: Run['status'] = 'succeeded') =>
  ({ status, kind: 'command', counts: { ...none, ...counts } }) as const;

test.each([
  [{ total: 3, exitedZero: 3 }, null],
  [{ total: 3, exitedNonZero: 3 }, '3 of 3 ended with an error'],
  [{ total: 3, exitedZero: 2, exitedNonZero: 1 }, '1 of 3 ended with an error'],
  [{}, null],
  [{ total: 1, notStarted: 1 }, 'Nothing ran'],
  [{ total: 13, notStarted: 13 }, 'Nothing ran'],
  [{ total: 13, exitedZero: 12, notStarted: 1 }, '1 of 13 did not run'],
  [{ total: 12_000, exitedZero: 10_000, notStarted: 2_000 }, '2,000 of 12,000 did not run'],
  [{ total: 13, exitedZero: 12, unknown: 1 }, '1 of 13 unknown'],
  [{ total: 2, notStarted: 1, unknown: 1 }, '1 of 2 unknown, 1 did not run'],
  [{ total: 2, notStarted: 1, exitedNonZero: 1 }, '1 of 2 did not run, 1 ended with an error'],
  [
    { total: 4, exitedZero: 1, notStarted: 1, unknown: 1, exitedNonZero: 1 },
    '1 of 4 unknown, 1 did not run, 1 ended with an error',
  ],
])('%o: %s', (counts, words) => {
  expect(verdictWords(judgeRun(run(counts)))).toBe(words);
});

test.each(runStatusSchema.options.filter((status) => status !== 'succeeded'))(
  'what is %s is called so, whatever did not run',
  (status) => {
    expect(judgeRun(run({ total: 2, notStarted: 2 }, status))).toEqual({ kind: 'as_status' });
  },
);

test.each(['ask', 'runbook'] as const)(
  'what %s reads of some ends is in its answer; not where nothing ended with 0',
  (kind) => {
    const words = (counts: Partial<Run['counts']>) => verdictWords(judgeRun({ ...run(counts), kind }));
    expect(words({ total: 3, exitedZero: 2, exitedNonZero: 1 })).toBeNull();
    expect(words({ total: 3, exitedNonZero: 3 })).toBe('3 of 3 ended with an error');
    expect(words({ total: 3, notStarted: 1, exitedNonZero: 2 })).toBe('1 of 3 did not run, 2 ended with an error');
  },
);

test('a question that was not looked into is not answered', () => {
  expect(judgeRun({ ...run({}, 'failed'), kind: 'ask' })).toEqual({ kind: 'not_answered' });
});
