// The real journal: what was told stands, except for an unknown that is found out.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Outcome } from '@sena/contracts/domain/outcome';
import type { ExecutionResult } from '@sena/contracts/frames';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Journal, openJournal } from './open-journal.ts';

let directory: string;
let journal: Journal;
let executionId: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sena-journal-'));
  journal = await openJournal(join(directory, 'journal.db'), { isEnrolling: true });
  executionId = randomUUID();
});
afterEach(async () => {
  await journal.close();
  rmSync(directory, { recursive: true });
});

const exited: Outcome = { kind: 'exited', exitCode: 0, signal: null, reason: null };
const unknown: Outcome = { kind: 'unknown', reason: 'node_not_reached', detail: 'It was away.' };
const result = (outcome: Outcome, revision: number): ExecutionResult => ({
  ...{ executionId, revision, attempt: 1, outcome, startedAt: null, durationMs: null },
  ...{ stdoutBytes: 0, stderrBytes: 0, stdoutKeptBytes: 0, stderrKeptBytes: 0 },
  ...{ stdoutSha256: null, stderrSha256: null, groupHash: null },
});
async function told(outcome: Outcome) {
  await journal.perform({
    ...{ op: 'accept', dispatchId: 'disp', nonce: randomUUID(), contentHash: 'hash', envelope: 'envelope' },
    ...{ assignmentEpoch: 1, expiresAtMs: Date.now() + 60_000, receivedAtMs: Date.now() },
    executions: [{ executionId, mode: 'guarded' }],
  });
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
