// The real journal, in its own thread and on disk: which assignment of an execution may run.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionResult } from '@sena/contracts/frames';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AcceptOperation } from './journal-operations.ts';
import { type Journal, openJournal } from './open-journal.ts';

let directory: string;
let file: string;
let journal: Journal;
let executionId: string;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sena-journal-'));
  file = join(directory, 'journal.db');
  journal = await openJournal(file, { isEnrolling: true });
  executionId = randomUUID();
});
afterEach(async () => {
  await journal.close();
  rmSync(directory, { recursive: true });
});

/** As of the satellite being started again. */
async function reopen(): Promise<void> {
  await journal.close();
  journal = await openJournal(file, { isEnrolling: false });
}
const accept = (dispatchId: string, assignmentEpoch: number, change: Partial<AcceptOperation> = {}) =>
  journal.perform({
    op: 'accept',
    ...{
      dispatchId,
      nonce: randomUUID(),
      contentHash: dispatchId,
      envelope: `envelope of ${dispatchId}`,
      assignmentEpoch,
    },
    ...{ expiresAtMs: Date.now() + 60_000, receivedAtMs: Date.now() },
    executions: [{ executionId, mode: 'plain' }],
    ...change,
  });
const mayRun = { kind: 'accepted', fresh: [] as string[], known: [] as string[], barred: [] };
const refused = () => ({ ...mayRun, known: [executionId] });
const fresh = () => ({ ...mayRun, fresh: [executionId] });
const known = async () => (await journal.perform({ op: 'states', executionIds: [executionId] }))[0];
const begin = (attempt = 1) =>
  journal.perform({ op: 'starting', executionId, attempt, atMs: Date.now(), mode: 'plain', guard: null });
const result = (): ExecutionResult => ({
  ...{ executionId, revision: 1, attempt: 1, startedAt: null, durationMs: null },
  outcome: { kind: 'exited', exitCode: 0, signal: null, reason: null },
  ...{ stdoutBytes: 0, stderrBytes: 0, stdoutKeptBytes: 0, stderrKeptBytes: 0 },
  ...{ stdoutSha256: null, stderrSha256: null, groupHash: null },
});

describe('after a higher assignment epoch was accepted, a lower one', () => {
  beforeEach(async () => {
    expect(await accept('second', 2)).toEqual(fresh());
  });

  it('has nothing to run, and the execution stays with its present dispatch', async () => {
    expect(await accept('first', 1)).toEqual(refused());
    expect(await known()).toMatchObject({ dispatchId: 'second', state: 'journaled' });
  });

  it('has nothing to run after a restart either', async () => {
    await reopen();
    expect(await accept('first', 1)).toEqual(refused());
    expect(await journal.perform({ op: 'left-behind', what: 'unfinished' })).toEqual(['second']);
    const left = await journal.perform({ op: 'left-of', what: 'unfinished', dispatchId: 'second' });
    expect(left?.envelope).toBe('envelope of second');
  });

  it('has nothing to run once the work has begun or ended, and what became of it stays', async () => {
    expect(await begin()).toBe(true);
    expect(await accept('first', 1)).toEqual(refused());
    expect(await journal.perform({ op: 'finish', result: result(), attempt: 0, tail: null })).toBe(false);
    await journal.perform({ op: 'finish', result: result(), attempt: 1, tail: null });
    expect(await accept('zeroth', 1)).toEqual(refused());
    await reopen();
    expect(await known()).toMatchObject({ dispatchId: 'second', state: 'finished', result: result() });
    expect(await begin(2)).toBe(false);
  });

  it('runs what is its own all the same', async () => {
    const other = randomUUID();
    const executions = [executionId, other].map((id) => ({ executionId: id, mode: 'plain' as const }));
    expect(await accept('first', 1, { executions })).toEqual({ ...mayRun, fresh: [other], known: [executionId] });
  });
});

describe('a higher assignment epoch', () => {
  beforeEach(async () => {
    await accept('first', 1);
  });

  it('takes over what has not begun, once', async () => {
    expect(await accept('third', 3)).toEqual(fresh());
    expect(await accept('third', 3, { contentHash: 'third' })).toEqual(refused());
    expect(await accept('second', 2)).toEqual(refused());
    expect(await known()).toMatchObject({ dispatchId: 'third', state: 'journaled' });
  });

  it('does not run again what has begun', async () => {
    await begin();
    expect(await accept('second', 2)).toEqual(refused());
    expect(await known()).toMatchObject({ dispatchId: 'first', state: 'starting' });
  });

  it('the same one under another dispatch has nothing to run', async () => {
    expect(await accept('twin', 1)).toEqual(refused());
    expect(await known()).toMatchObject({ dispatchId: 'first' });
  });
});

describe('an inquiry', () => {
  const ask = (inquiryId: string) => accept(inquiryId, 0, { executions: [{ executionId, mode: 'inquiry' }] });

  it('starts nothing, and neither does any dispatch that comes after it', async () => {
    expect(await ask('question')).toEqual(fresh());
    expect(await begin()).toBe(false);
    expect(await accept('later', 9)).toEqual(refused());
    await reopen();
    expect(await begin()).toBe(false);
    expect(await known()).toMatchObject({ dispatchId: 'question', mode: 'inquiry', state: 'journaled', attempt: 0 });
  });

  it('does not replace what the satellite was sent itself, begun or not', async () => {
    await accept('own', 1);
    expect(await ask('question')).toEqual(refused());
    expect(await begin()).toBe(true);
    expect(await ask('another question')).toEqual(refused());
    expect(await known()).toMatchObject({ dispatchId: 'own', mode: 'plain', state: 'starting' });
  });
});
