// The card and the timeline say for how many people a command waits.
import { expect, test } from 'vitest';
import { describeEvent } from '../runs/describe-event.ts';
import { describeWhoDecides } from './describe-who-decides.ts';

const approve = { decision: 'approve' } as const;

test.each([
  ['pending', 1, 0, 'This waits for a second person'],
  ['approved', 1, 1, 'A second person was asked'],
  ['pending', 2, 0, 'This waits for two other people'],
  ['pending', 2, 1, 'This waits for one more person'],
  ['approved', 2, 2, 'Two other people were asked'],
] as const)('%s, of %s people %s have approved', (status, approversRequired, approved, words) => {
  const decisions = Array.from({ length: approved }, () => approve);
  expect(describeWhoDecides({ status, approversRequired, decisions })).toBe(words);
});

test.each([
  [1, 'Policy: a second person decides'],
  [2, 'Policy: two other people decide'],
])('the timeline, of %s', (approvers, words) => {
  const gated = { type: 'run.gated', decision: 'require_approval', approvalId: 'appr_1' } as const;
  expect(describeEvent({ ...gated, reasons: [], steps: [], approvers }, new Map()).title).toBe(words);
});
