// Nobody reads a code: every reason is said in words, and with what to do next.
import { expect, test } from 'vitest';
import { adviseOnOutcome } from './advise-on-outcome.ts';
import { nameReason } from './name-reason.ts';
import { notStartedReasons, unknownReasons } from './outcome.ts';

test.each([
  ...notStartedReasons.map((reason) => ['not_started', reason] as const),
  ...unknownReasons.map((reason) => ['unknown', reason] as const),
])('%s: %s', (outcome, reason) => {
  expect(nameReason(reason)).not.toContain('_');
  expect(nameReason(reason)).not.toBe(reason.replaceAll('_', ' '));
  expect(adviseOnOutcome(outcome, reason)).toMatch(/\.$/);
});

test('one that is not known is said without underscores; none is said so', () => {
  expect(nameReason('some_new_reason')).toBe('some new reason');
  expect(nameReason(null)).toBe('no reason was given');
});
