// What a run's status says is not said again beside it, and between the wish to cancel and the end something is said.

import { isNotAnswered } from '@sena/contracts/domain/is-not-answered';
import type { Run } from '@sena/contracts/http/runs';
import { expect, test } from 'vitest';
import { describeCancel } from './describe-cancel.ts';
import { describeEvent } from './describe-event.ts';

const runWith = (pending: number, stopRunning: boolean): Pick<Run, 'cancel' | 'counts'> => ({
  cancel: { requestedAt: '2026-11-27T12:00:00.000Z', stopRunning },
  counts: { total: 5, exitedZero: 5 - pending, exitedNonZero: 0, notStarted: 0, unknown: 0, pending },
});

test('a run that nobody cancels says nothing of it', () => {
  expect(describeCancel({ ...runWith(3, false), cancel: null })).toBeNull();
});

test.each([
  [3, false, 'Cancelling: 3 executions are still under way…', /is not stopped/],
  [1, true, 'Cancelling: 1 execution is still under way…', /being stopped; other commands come to their end/],
  [0, true, 'Cancelling…', /^Nothing more begins\.$/],
])('%i under way, stopped: %s', (pending, stopRunning, title, detail) => {
  const words = describeCancel(runWith(pending, stopRunning));
  expect(words?.title).toBe(title);
  expect(words?.detail).toMatch(detail);
});

test.each(['failed', 'cancelled'] as const)(
  'why a run is %s stands on its page, not in its timeline again',
  (status) => {
    const line = describeEvent({ type: 'run.status', status, reason: 'Had finished: 1 node (web-01).' }, new Map());
    expect(line.detail).toBeNull();
  },
);

test('a question of which nothing was asked on a node is not answered; whatever else failed has failed', () => {
  const counts = { total: 0, exitedZero: 0, exitedNonZero: 0, notStarted: 0, unknown: 0, pending: 0 };
  expect(isNotAnswered({ status: 'failed', kind: 'ask', counts })).toBe(true);
  expect(isNotAnswered({ status: 'failed', kind: 'command', counts })).toBe(false);
  expect(isNotAnswered({ status: 'failed', kind: 'ask', counts: { ...counts, total: 3, exitedZero: 3 } })).toBe(false);
  expect(isNotAnswered({ status: 'succeeded', kind: 'ask', counts })).toBe(false);
});
