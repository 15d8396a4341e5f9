// The real journal: what was told stands, except for an unknown that is found out.
import { randomUUID } from 'node:crypto';
import type { Outcome } from '@sena/contracts/domain/outcome';
import { beforeEach, expect, it } from 'vitest';
import { acceptOf, exited, journalOfEachTest, resultOf } from '../fixtures/test-journal.ts';

const journal = journalOfEachTest();
let executionId: string;
beforeEach(() => {
  executionId = randomUUID();
});

const unknown: Outcome = { kind: 'unknown', reason: 'node_not_reached', detail: 'It was away.' };
const result = (outcome: Outcome, revision: number) => resultOf(executionId, outcome, revision);
async function told(outcome: Outcome) {
  await journal.perform(acceptOf([{ executionId, mode: 'guarded' }], { dispatchId: 'disp' }));
  const guard = { directory: '/var/lib/sena/guard', bootId: 'boot' };
  await journal.perform({ op: 'starting', executionId, attempt: 1, atMs: Date.now(), mode: 'guarded', guard });
  await journal.perform({ op: 'finish', result: result(outcome, 1), attempt: 1, tail: null });
  await journal.perform({ op: 'outcome-acked', executionId, revision: 1 });
}
const revise = (outcome: Outcome, revision: number) =>
  journal.perform({ op: 'revise', result: result(outcome, revision), tail: null });
const undecided = async () => {
  const left = await journal.perform({ op: 'left-of', what: 'undecided', dispatchId: 'disp' });
  const executionIds = left?.executions.map((execution) => execution.executionId) ?? [];
  const dispatchIds = await journal.perform({ op: 'left-behind', what: 'undecided' });
  expect(dispatchIds).toEqual(executionIds.length === 0 ? [] : ['disp']);
  return executionIds;
};

it('an unknown end is, by a higher revision, which has to be acknowledged anew', async () => {
  await told(unknown);
  expect(await undecided()).toEqual([executionId]);
  expect(await revise(exited, 1)).toBe(false);
  expect(await revise(exited, 2)).toBe(true);
  expect(await journal.perform({ op: 'unacked' })).toEqual([{ result: result(exited, 2), tail: null }]);
  // The acknowledgement of the first came late.
  expect(await journal.perform({ op: 'outcome-acked', executionId, revision: 1 })).toBe(false);
  expect(await journal.perform({ op: 'outcome-acked', executionId, revision: 2 })).toBe(true);
  expect(await undecided()).toEqual([]);
});

it('one that is known is not, whatever the revision', async () => {
  await told(exited);
  expect(await undecided()).toEqual([]);
  expect(await revise(unknown, 2)).toBe(false);
  expect(await revise({ ...exited, exitCode: 1 }, 2)).toBe(false);
});

it('one that has not ended is not', async () => {
  expect(await revise(exited, 2)).toBe(false);
});
