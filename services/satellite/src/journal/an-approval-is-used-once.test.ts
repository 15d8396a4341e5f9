// The real journal, in its own thread and on disk: what approvals were used for, and what passkeys have counted.
import { randomBytes, randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { acceptOf, journalOfEachTest } from '../fixtures/test-journal.ts';
import type { ApprovedChange, PasskeyCount } from './journal-operations.ts';

const journal = journalOfEachTest();

const hourMs = 3_600_000;
const approvedChange = (): ApprovedChange => ({ changeKey: randomBytes(32), expiresAtMs: Date.now() + hourMs });

async function accept(
  approvedChanges: readonly ApprovedChange[],
  { executionId = randomUUID() as string, counts = [] as PasskeyCount[], receivedAtMs = Date.now() } = {},
) {
  const answer = await journal.perform(
    acceptOf([{ executionId, mode: 'guarded', approvedChanges }], {
      ...{ expiresAtMs: Date.now() + hourMs, receivedAtMs, passkeyCounts: counts },
    }),
  );
  if (answer.kind !== 'accepted') throw new Error(answer.kind);
  return { executionId, barred: answer.barred };
}
const begins = (executionId: string) =>
  journal.perform({ op: 'starting', executionId, attempt: 1, atMs: Date.now(), mode: 'guarded', guard: null });

describe('an approved change', () => {
  it('is one execution’s, which alone may begin', async () => {
    const change = approvedChange();
    const first = await accept([change]);
    const second = await accept([change]);
    expect(first.barred).toEqual([]);
    expect(second.barred).toMatchObject([
      { executionId: second.executionId, why: expect.stringContaining('one time') },
    ]);
    expect(await begins(second.executionId)).toBe(false);
    expect(await begins(first.executionId)).toBe(true);
  });

  it('stays so when the satellite died before it could say no', async () => {
    const change = approvedChange();
    await accept([change]);
    const { executionId } = await accept([change]);
    await journal.reopen();
    const [left] = await journal.perform({ op: 'states', executionIds: [executionId] });
    expect(left).toMatchObject({ state: 'journaled', barred: expect.stringContaining('one time') });
    expect(await begins(executionId)).toBe(false);
    expect((await accept([change])).barred).toHaveLength(1);
  });

  it('is taken whole: each of two approvals is used up, and one that was used bars', async () => {
    const [used, fresh] = [approvedChange(), approvedChange()];
    await accept([used]);
    expect((await accept([fresh, used])).barred).toHaveLength(1);
    expect((await accept([fresh])).barred).toHaveLength(1);
  });

  it('is remembered until the approval ends, however soon the dispatch is forgotten', async () => {
    const [short, long] = [approvedChange(), { ...approvedChange(), expiresAtMs: Date.now() + 3 * hourMs }];
    await accept([short]);
    await accept([long]);
    await journal.perform({ op: 'prune', beforeMs: Date.now() + 2 * hourMs });
    expect((await accept([short])).barred).toEqual([]);
    expect((await accept([long])).barred).toHaveLength(1);
  });
});

describe('the count of a passkey', () => {
  const count = (signCount: number, actionDigest: string): PasskeyCount => ({
    ...{ credentialId: 'key-1', name: 'Ada', signCount, actionDigest, expiresAtMs: Date.now() + hourMs },
  });
  const barredBy = async (signCount: number, digest: string, receivedAtMs = Date.now()) =>
    (await accept([], { counts: [count(signCount, digest)], receivedAtMs })).barred.map(({ why }) => why);
  const backward = [expect.stringContaining('The passkey of Ada counted backward')];
  const longAgo = () => Date.now() - hourMs;

  it('goes forward', async () => {
    expect(await barredBy(5, 'a', longAgo())).toEqual([]);
    expect(await barredBy(6, 'b')).toEqual([]);
    expect(await barredBy(4, 'c')).toEqual(backward);
    expect(await barredBy(7, 'd')).toEqual([]);
  });

  it('is of one action: the same count again is a copy, the same action again is not', async () => {
    expect(await barredBy(5, 'a', longAgo())).toEqual([]);
    expect(await barredBy(9, 'b', longAgo())).toEqual([]);
    expect(await barredBy(5, 'a')).toEqual([]);
    expect(await barredBy(9, 'c')).toEqual(backward);
  });

  it('may be out of order where the approvals were given one after another', async () => {
    expect(await barredBy(6, 'b', Date.now() - 60_000)).toEqual([]);
    expect(await barredBy(5, 'a')).toEqual([]);
  });

  it('is still known when what it was for is forgotten', async () => {
    expect(await barredBy(5, 'a', longAgo())).toEqual([]);
    expect(await barredBy(6, 'b', longAgo())).toEqual([]);
    await journal.perform({ op: 'prune', beforeMs: Date.now() + 2 * hourMs });
    expect(await barredBy(4, 'c')).toEqual(backward);
  });
});

it('a journal of an earlier satellite is read and loses nothing', async () => {
  const { executionId } = await accept([]);
  const { identity } = journal;
  await journal.reopen(() => {
    const database = new DatabaseSync(journal.file);
    database.exec(`drop table approved_changes; drop table passkey_counts; alter table executions drop column barred;
      pragma user_version = 1`);
    database.close();
  });
  expect(journal.identity).toEqual(identity);
  const change = approvedChange();
  await accept([change], { executionId: randomUUID() });
  expect((await accept([change])).barred).toHaveLength(1);
  expect(await begins(executionId)).toBe(true);
});
