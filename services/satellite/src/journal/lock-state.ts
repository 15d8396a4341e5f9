// Entered by `run`: one process a state directory. The lock is the operating system's, so it ends with the process,
// however that ends.
import { DatabaseSync } from 'node:sqlite';
import { OperatorError } from '../config/operator-error.ts';

/** Returns the release. Throws `OperatorError` when another process holds it. */
export function lockState(file: string): () => void {
  const database = new DatabaseSync(file);
  try {
    database.exec('begin exclusive');
  } catch (cause) {
    database.close();
    throw new OperatorError(`Another satellite process already uses this state directory (${file}). Stop it first.`, {
      cause,
    });
  }
  return () => database.close();
}
