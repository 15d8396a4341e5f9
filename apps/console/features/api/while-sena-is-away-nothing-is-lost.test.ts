import { ProblemError } from '@sena/sdk/problem-error';
import { QueryObserver } from '@tanstack/react-query';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { describeOutage } from './describe-outage.ts';
import { newQueryClient } from './new-query-client.ts';
import { watchOutage } from './watch-outage.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function failure(status: number, code: string, retryAfterMs: number | null = null): ProblemError {
  return new ProblemError({ status, code, title: '', detail: '' }, { retryAfterMs });
}

/** A list that was loaded once and is asked for again; each answer is an error or the rows. */
function openList(answers: Array<ProblemError | string>) {
  const client = newQueryClient();
  const outages: Array<string | null> = [];
  watchOutage(client, (outage) => outages.push(outage?.code ?? null));
  const queryFn = async () => {
    const answer = answers.shift() ?? 'more was asked than there is';
    if (answer instanceof ProblemError) throw answer;
    return answer;
  };
  const list = new QueryObserver(client, { queryKey: ['list'], queryFn });
  list.subscribe(() => undefined);
  return { list, outages };
}

it('what is shown stays, the outage is said, and the page goes on by itself', async () => {
  const away = failure(503, 'database_unavailable', 5_000);
  const { list, outages } = openList(['before', ...Array.from({ length: 20 }, () => away), 'after']);
  await vi.advanceTimersByTimeAsync(0);
  void list.refetch();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(list.getCurrentResult()).toMatchObject({ data: 'before', error: null });
  expect(outages.at(-1)).toBe('database_unavailable');
  await vi.advanceTimersByTimeAsync(45_000);
  expect(list.getCurrentResult()).toMatchObject({ data: 'after', error: null });
  expect(outages.at(-1)).toBeNull();
});

it('a short cut is not said', async () => {
  const { list, outages } = openList([failure(0, 'unreachable'), 'there']);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(list.getCurrentResult().data).toBe('there');
  expect(outages).toEqual([null]);
});

it('a refusal is shown at once', async () => {
  const { list, outages } = openList([failure(403, 'forbidden')]);
  await vi.advanceTimersByTimeAsync(0);
  expect(list.getCurrentResult()).toMatchObject({ isError: true });
  expect(outages).toEqual([]);
});

it.each([
  [503, 'database_unavailable', /database/, /PostgreSQL/],
  [502, 'backend_unavailable', /does not answer/, /starting/],
  [0, 'unreachable', /can’t be reached/, /network/],
])('%s %s is said with what to do', (status, code, title, detail) => {
  const words = describeOutage({ status, code });
  expect(words.title).toMatch(title);
  expect(words.detail).toMatch(detail);
  expect(words.detail).toContain('goes on by itself');
});
