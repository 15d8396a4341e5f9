// An outcome that nobody knows is never shown as a failure or a success, and every reason has its sentence.
import { notStartedReasons, unknownReasons } from '@sena/contracts/domain/outcome';
import { expect, test } from 'vitest';
import { describeCounts } from './describe-counts.ts';
import { describeOutcome } from './describe-outcome.ts';

test.each(unknownReasons)('unknown: %s', (reason) => {
  const words = describeOutcome({ outcome: 'unknown', exitCode: null, reason });
  expect(words).toMatchObject({ tone: 'unknown', short: 'Unknown' });
  expect(words.long).toMatch(/may/);
  expect(words.whatToDo).toMatch(/Look at the node before you try again\.$/);
});

test.each(notStartedReasons)('not started: %s', (reason) => {
  const words = describeOutcome({ outcome: 'not_started', exitCode: null, reason });
  expect(words.short).toBe('Not started');
  expect(words.long).not.toMatch(/may or may not/);
  // What happened, and what to do about it.
  expect(words.whatToDo?.split(/[.;] /).length).toBeGreaterThan(1);
  const withDetail = describeOutcome({
    outcome: 'not_started',
    exitCode: null,
    reason,
    detail: 'as the satellite said',
  });
  expect(withDetail).toMatchObject({ long: 'as the satellite said', whatToDo: words.whatToDo });
});

test('a reason that this console does not know is still said truthfully', () => {
  expect(describeOutcome({ outcome: 'unknown', exitCode: null, reason: 'new_reason' }).long).toMatch(/may or may not/);
});

test('an exit is what it was', () => {
  expect(describeOutcome({ outcome: 'exited', exitCode: 0, reason: null }).tone).toBe('success');
  expect(describeOutcome({ outcome: 'exited', exitCode: 3, reason: null }).short).toBe('Exit 3');
  expect(describeOutcome({ outcome: 'exited', exitCode: null, signal: 'SIGKILL', reason: null }).short).toBe(
    'Killed by SIGKILL',
  );
  expect(describeOutcome({ outcome: 'exited', exitCode: null, signal: 'SIGKILL', reason: 'timeout' }).short).toBe(
    'Timed out',
  );
  expect(describeOutcome({ outcome: 'exited', exitCode: null, signal: 'SIGTERM', reason: 'cancelled' }).short).toBe(
    'Stopped',
  );
});

test('counts name only what there is', () => {
  expect(describeCounts({ total: 12, exitedZero: 9, exitedNonZero: 0, notStarted: 1, unknown: 2, pending: 0 })).toBe(
    '9 ended with 0, 1 not started, 2 unknown',
  );
});
