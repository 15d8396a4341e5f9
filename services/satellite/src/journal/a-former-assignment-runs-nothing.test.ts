// The real journal, in its own thread and on disk: which assignment of an execution may run.
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import { acceptOf, journalOfEachTest, resultOf } from '../fixtures/test-journal.ts';
import type { AcceptOperation } from './journal-operations.ts';

const journal = journalOfEachTest();
let executionId: string;
beforeEach(() => {
  executionId = randomUUID();
});

const accept = (dispatchId: string, assignmentEpoch: number, change: Partial<AcceptOperation> = {}) =>
  journal.perform(acceptOf([{ executionId, mode: 'plain' }], { dispatchId, assignmentEpoch, ...change }));
const mayRun = { kind: 'accepted', fresh: [] as string[], known: [] as string[], barred: [] };
const refused = () => ({ ...mayRun, known: [executionId] });
const fresh = () => ({ ...mayRun, fresh: [executionId] });
const known = async () => (await journal.perform({ op: 'states', executionIds: [executionId] }))[0];
const begin = (attempt = 1) =>
  journal.perform({ op: 'starting', executionId, attempt, atMs: Date.now(), mode: 'plain', guard: null });

describe('after a higher assignment epoch was accepted, a lower one', () => {
  beforeEach(async () => {
    expect(await accept('second', 2)).toEqual(fresh());
  });

  it('has nothing to run, and the execution stays with its present dispatch', async () => {
    expect(await accept('first', 1)).toEqual(refused());
    expect(await known()).toMatchObject({ dispatchId: 'second', state: 'journaled' });
  });

  it('has nothing to run after a restart either', async () => {
    await journal.reopen();
    expect(await accept('first', 1)).toEqual(refused());
    expect(await journal.perform({ op: 'left-behind', what: 'unfinished' })).toEqual(['second']);
    const left = await journal.perform({ op: 'left-of', what: 'unfinished', dispatchId: 'second' });
    expect(left?.envelope).toBe('envelope of second');
  });

  it('has nothing to run once the work has begun or ended, and what became of it stays', async () => {
    expect(await begin()).toBe(true);
    expect(await accept('first', 1)).toEqual(refused());
    expect(await journal.perform({ op: 'finish', result: resultOf(executionId), attempt: 0, tail: null })).toBe(false);
    await journal.perform({ op: 'finish', result: resultOf(executionId), attempt: 1, tail: null });
    expect(await accept('zeroth', 1)).toEqual(refused());
    await journal.reopen();
    expect(await known()).toMatchObject({ dispatchId: 'second', state: 'finished', result: resultOf(executionId) });
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
    await journal.reopen();
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
