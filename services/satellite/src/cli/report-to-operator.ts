// Wraps every command: what a person has to do is printed as a sentence, anything else as the defect it is.
import { OperatorError } from '../config/operator-error.ts';
import { JournalError } from '../journal/open-journal.ts';

export function reportToOperator<A>(run: (context: A) => Promise<void> | void): (context: A) => Promise<void> {
  return async (context) => {
    try {
      await run(context);
    } catch (error) {
      if (!(error instanceof OperatorError || error instanceof JournalError)) throw error;
      console.error(error.message);
      process.exit(1);
    }
  };
}
