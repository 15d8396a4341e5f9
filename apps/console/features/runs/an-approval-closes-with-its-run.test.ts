// What is shown of approvals is loaded again when one came, was decided, or became void with its run.
import type { RunEventData } from '@sena/contracts/domain/run-event';
import { expect, test } from 'vitest';
import { changesApprovals } from './changes-approvals.ts';

const gated = (approvalId: string | null): RunEventData => ({
  ...{
    type: 'run.gated',
    decision: approvalId === null ? 'allow' : 'require_approval',
    reasons: [],
    approvalId,
    steps: ['s1'],
  },
});
const decided = {
  type: 'approval.decided',
  approvalId: 'appr_1',
  decision: 'approve',
  by: 'Ada',
  reason: null,
} as const;

test.each<[what: string, data: RunEventData, changes: boolean]>([
  ['a run that is cancelled', { type: 'run.status', status: 'cancelled', reason: null }, true],
  ['a run that fails', { type: 'run.status', status: 'failed', reason: null }, true],
  ['a run that goes on', { type: 'run.status', status: 'running', reason: null }, false],
  ['a decision', decided, true],
  ['a request', gated('appr_1'), true],
  ['what needs no approval', gated(null), false],
])('%s', (_what, data, changes) => {
  expect(changesApprovals(data)).toBe(changes);
});
