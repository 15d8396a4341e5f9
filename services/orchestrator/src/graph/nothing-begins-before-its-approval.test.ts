import { expect, it } from 'vitest';
import { beginOfApproved } from './window-of.ts';

const approved = { notBefore: '2026-05-04T10:00:00.000Z' };
const beginAt = (now: string) => beginOfApproved(approved, new Date(now)).toISOString();

it('what was approved begins when it is dispatched', () => {
  expect(beginAt('2026-05-04T10:00:00.001Z')).toBe('2026-05-04T10:00:00.001Z');
  expect(beginAt('2026-05-05T00:00:00.000Z')).toBe('2026-05-05T00:00:00.000Z');
});

it('and, with a clock that was set back since, not before its approval says', () => {
  expect(beginAt('2026-05-04T09:59:59.999Z')).toBe(approved.notBefore);
  expect(beginAt('2020-01-01T00:00:00.000Z')).toBe(approved.notBefore);
});
