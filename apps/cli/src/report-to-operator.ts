// Around every command: what went wrong for a reason that a person can act on is one sentence, and the exit code says that the question
// was not answered.
import { ProblemError } from '@sena/sdk/problem-error';

/** Its message is a sentence that says what to do. */
export class OperatorError extends Error {
  override readonly name = 'OperatorError';
}

/** 0: yes. 1: no, it does not hold. This: it could not be found out. */
export const notAnswered = 2;

export function reportToOperator<T>(run: (context: T) => Promise<void>): (context: T) => Promise<void> {
  return async (context) => {
    try {
      await run(context);
    } catch (error) {
      if (!(error instanceof OperatorError) && !(error instanceof ProblemError)) throw error;
      console.error(`✘ ${error.message}`);
      process.exitCode = notAnswered;
    }
  };
}
