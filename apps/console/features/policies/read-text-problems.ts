// Where in a policy's text something is wrong, out of the API's refusal. Pure.
import { ProblemError } from '@sena/sdk/problem-error';

export interface TextProblem {
  line: number;
  column: number;
  message: string;
}

/** Of a field that is called `text:3:7` or `draft.text:3:7`. */
const placed = /^(?:draft[.])?text:(\d+):(\d+)$/;

/** Empty when the refusal is not about the text. In the order of the text. */
export function readTextProblems(error: unknown): TextProblem[] {
  if (!(error instanceof ProblemError)) return [];
  return error.fields
    .flatMap(({ path, message }) => {
      const [, line, column] = placed.exec(path) ?? [];
      return line === undefined ? [] : [{ line: Number(line), column: Number(column), message }];
    })
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
