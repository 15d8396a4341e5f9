// What stands in the place of the answer says how far the run is: no plan is being written beside one that is there.
import type { RunEvent, RunEventData } from '@sena/contracts/domain/run-event';
import { expect, test } from 'vitest';
import { describeProgress } from './describe-progress.ts';

const nowMs = Date.parse('2026-11-27T12:00:00.000Z');
const counts = { total: 0, exitedZero: 0, exitedNonZero: 0, notStarted: 0, unknown: 0, pending: 0 };
const run = { kind: 'ask', status: 'running', counts } as const;
const eventAt = (seconds: number, data: RunEventData): RunEvent => ({
  ...{ seq: 1, at: new Date(nowMs + seconds * 1_000).toISOString(), data },
});
const planned = (seconds: number) =>
  eventAt(seconds, { type: 'run.planned', planner: 'runbook', summary: '', steps: [] });

test('before a plan, and with one', () => {
  const created = eventAt(-60, { type: 'run.created', kind: 'ask', text: 'why?' });
  expect(describeProgress(run, [created], nowMs)).toBe('Reading the question and planning…');
  expect(describeProgress({ ...run, kind: 'command' }, [created], nowMs)).toBe('Preparing…');
  expect(describeProgress(run, [created, planned(-1)], nowMs)).toBe('Planned. Nothing of it has begun yet…');
});

test('a run of which nothing is heard after its plan is taken up by another worker', () => {
  expect(describeProgress(run, [planned(-25)], nowMs)).toMatch(
    /nothing was heard of the run for 25\.0 s\. If the worker that had it is gone, another takes it up/,
  );
});

test('what runs, and what is left after it', () => {
  const events = [planned(-60)];
  expect(describeProgress({ ...run, counts: { ...counts, total: 10, pending: 4 } }, events, nowMs)).toBe(
    'Waiting for 4 executions of 10…',
  );
  expect(describeProgress({ ...run, counts: { ...counts, total: 10 } }, events, nowMs)).toMatch(/Writing the report/);
  expect(describeProgress({ ...run, status: 'queued' }, [], nowMs)).toBe('Waiting for its turn…');
});
