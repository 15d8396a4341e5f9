// What is written as a site's limit is a number, nothing, or refused: a slip of the finger never becomes "no limit".
import { expect, test } from 'vitest';
import { findLimitProblem } from './find-limit-problem.ts';

test.each(['', '1', '5', '100000'])('%j is taken', (text) => {
  expect(findLimitProblem(text)).toBeNull();
});

test.each(['0', '-1', '100001', '1e3', '1e', '2.5', '5 6', 'ten', '٣'])('%j is refused', (text) => {
  expect(findLimitProblem(text)).toMatch(/1 to 100000/);
});
