import { ProblemError } from '@sena/sdk/problem-error';
import { expect, test } from 'vitest';
import { readTextProblems } from './read-text-problems.ts';

const refusal = (fields: Array<{ path: string; message: string }>) =>
  new ProblemError({ status: 422, code: 'validation_failed', title: 'wrong', detail: 'Correct it.', fields });

test('what is wrong with a text is told with its line, in the order of the text', () => {
  const fields = [
    { path: 'text:12:1', message: 'later' },
    { path: 'text:2:7', message: 'second' },
    { path: 'draft.text:2:3', message: 'first' },
  ];
  expect(readTextProblems(refusal(fields))).toEqual([
    { line: 2, column: 3, message: 'first' },
    { line: 2, column: 7, message: 'second' },
    { line: 12, column: 1, message: 'later' },
  ]);
});

test('what is wrong with something else is not told of the text', () => {
  expect(
    readTextProblems(
      refusal([
        { path: 'version', message: 'x' },
        { path: 'text', message: 'y' },
      ]),
    ),
  ).toEqual([]);
  expect(readTextProblems(new Error('x'))).toEqual([]);
  expect(readTextProblems(null)).toEqual([]);
});
