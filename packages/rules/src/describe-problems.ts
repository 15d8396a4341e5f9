// What is wrong with a text, as an answer to who wrote it. Pure.
import { SenaError } from '@sena/contracts/errors';
import type { RuleProblem } from '@sena/policy/rules/rule';

const shownMax = 20;

/** `field`: where in the request the text stands. */
export function describeProblems(problems: readonly RuleProblem[], field: string): SenaError {
  const [first] = problems;
  const sentence =
    first === undefined
      ? 'The policy can not be read.'
      : `Policy ${first.document}, line ${first.line}: ${first.message} Correct it and send it again.`;
  return new SenaError('validation_failed', sentence, {
    fields: problems
      .slice(0, shownMax)
      .map(({ line, column, message }) => ({ path: `${field}:${line}:${column}`, message })),
  });
}
